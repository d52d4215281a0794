"""Looks at certificates that are not served yet: what a phone would make of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.x509 import verification

from offhook.certificates.explaining import other_name, unconnected
from offhook.certificates.orders import Ordered
from offhook.certificates.remarks import remarks
from offhook.certificates.trust import Trust
from offhook.certificates.views import common_name, covers
from offhook.model.findings import Finding
from offhook.model.rules import is_address


def examine(
    certificates: Sequence[x509.Certificate],
    ordered: Ordered,
    host: str,
    trust: Trust,
    now: datetime,
) -> Iterator[Finding]:
    """
    Yield what to know of *certificates*, put in order, before a server presents them.

    *host* is what clients will call it; empty where that is not known.
    """
    found = [*_faults(ordered, host, trust)]
    found += remarks(certificates, ordered, now, public=not trust.ca_file)
    if not any(each.level == "failure" for each in found):
        found += _refusals(ordered, host, trust, now)
    yield from found


def another_way(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    host: str,
    trust: Trust,
    now: datetime,
) -> bool:
    """Whether a client that tries every way finds one to a root, as browsers do."""
    return not _refusal(leaf, others, host, trust, now)


def _faults(ordered: Ordered, host: str, trust: Trust) -> Iterator[Finding]:
    if not ordered.trusted:
        yield unconnected(ordered)
    if host and not covers(ordered.leaf, host):
        yield other_name(ordered.leaf, host)


def _refusals(ordered: Ordered, host: str, trust: Trust, now: datetime) -> Iterator[Finding]:
    """Yield what only a complete verification finds: purposes, lengths, permitted names."""
    reason = _refusal(ordered.leaf, ordered.chain[1:], host, trust, now) if host else ""
    if reason:
        yield Finding(
            level="warning",
            code="certificate-doubtful",
            summary=f"A strict client may refuse {common_name(ordered.leaf)}: {reason}.",
            action="Try it with the phones that you have, or have it issued again.",
        )


def _refusal(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    host: str,
    trust: Trust,
    now: datetime,
) -> str:
    """Return why there is no way to a root; empty where there is one."""
    subject = x509.IPAddress(ip_address(host)) if is_address(host) else x509.DNSName(host)
    try:
        builder = (
            verification.PolicyBuilder()
            .store(verification.Store(list(trust.roots)))
            .time(now)
            .extension_policies(
                ca_policy=_lenient(verification.ExtensionPolicy.webpki_defaults_ca()),
                ee_policy=_lenient(verification.ExtensionPolicy.webpki_defaults_ee()),
            )
        )
        builder.build_server_verifier(subject).verify(leaf, list(others))
    except (verification.VerificationError, ValueError) as error:
        return str(error).partition(" (encountered")[0].rstrip(".") or "no way to a root"
    return ""


def _lenient(policy: verification.ExtensionPolicy) -> verification.ExtensionPolicy:
    """Return *policy* without the demand for what OpenSSL and phones can do without."""
    for kind in (x509.KeyUsage, x509.AuthorityKeyIdentifier):
        policy = policy.may_be_present(kind, verification.Criticality.AGNOSTIC, None)
    return policy
