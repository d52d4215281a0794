"""How ``offhook certs`` shows certificates, chains, ports and what is to be said of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from offhook import console
from offhook.certificates.live import PortCheck
from offhook.certificates.orders import Ordered
from offhook.certificates.reading import FoundKey, Material
from offhook.certificates.views import (
    CertificateView,
    common_name,
    describe_all,
    key_id,
    key_label,
)
from offhook.model.findings import Finding


def show_certificates(certificates: Iterable[CertificateView]) -> None:
    """Show every certificate with all that is known of it."""
    for number, each in enumerate(certificates, 1):
        rows = [
            ("Subject", each.subject),
            ("Issuer", each.issuer),
            ("Names", ", ".join(each.names)),
            ("Not before", each.not_before),
            ("Not after", f"{console.moment(each.not_after)} ({each.days_left} days left)"),
            ("Key", each.key),
            ("Signature", each.signature),
            ("Serial number", each.serial),
            ("SHA-256", each.fingerprint),
            ("Issuer's certificate", ", ".join(each.issuer_urls)),
        ]
        console.table((f"{number}.", each.kind), [row for row in rows if row[1]])


def show_chain(chain: Sequence[CertificateView]) -> None:
    """Show certificates one to a line."""
    console.table(
        ("", "Kind", "Subject", "Issuer", "Until", "Days", "Key", "Signature"),
        [
            (
                *(number, each.kind, each.subject, each.issuer),
                *(each.not_after, each.days_left, each.key, each.signature),
            )
            for number, each in enumerate(chain, 1)
        ],
    )


def show_findings(findings: Sequence[Finding]) -> None:
    """Show what is to be said, where there is something."""
    if findings:
        rows = [(f.level, f.summary, " ".join((f.meaning, f.action)).strip()) for f in findings]
        console.table(("Level", "Finding", "What to do"), rows)


def show_ports(checks: Iterable[PortCheck]) -> None:
    """Show what a phone makes of each port."""
    for each in checks:
        console.say(f"{each.host}:{each.port}  {each.verdict or 'no certificate'}")
        if each.served:
            leaf = each.served[0]
            console.say(f"Names: {', '.join(leaf.names) or 'none'}")
            console.say(f"Serial number: {leaf.serial}  Signature: {leaf.signature}")
            console.say("The server sends:")
            show_chain(each.served)
        if each.rebuilt:
            way = " < ".join(view.common_name for view in each.rebuilt)
            console.say(f"Clients build: {way}  (trusted root: {each.root})")
        if each.tls:
            console.say(f"It offers {', '.join(each.tls)}.")
        show_findings(each.findings)


def show_order(
    ordered: Ordered, findings: Sequence[Finding], now: datetime, *, as_json: bool
) -> None:
    """Show certificates in order, what is left out, and what is missing."""
    if as_json:
        console.json_out(
            {
                "certificates": describe_all(ordered.chain, now),
                "root": common_name(ordered.root) if ordered.root else "",
                "missing": ordered.missing,
                "left_out": describe_all(ordered.left_out, now),
                "repeated": ordered.repeated,
                "findings": findings,
            }
        )
        return
    show_chain(describe_all(ordered.chain, now))
    if ordered.root:
        known = "which clients have" if ordered.trusted else "which is not known here"
        console.say(f"It ends at {common_name(ordered.root)}, {known}: not to be sent.")
    if ordered.repeated:
        console.say(f"There twice: {console.counted(ordered.repeated, 'certificate')}.")
    show_findings(findings)


def describe_keys(found: Material) -> tuple[Finding, ...]:
    """Return whether private keys belong to the certificates that stand beside them."""
    owners = {key_id(each.public_key()): common_name(each) for each in found.certificates}
    return tuple(_of_key(each, owners) for each in found.keys)


def _of_key(found: FoundKey, owners: Mapping[str, str]) -> Finding:
    public = found.key.public_key()
    owner = owners.get(key_id(public))
    whose = f"{owner}'s" if owner else "that of none of these certificates"
    return Finding(
        level="ok" if owner or not owners else "warning",
        code="certificate-key",
        summary=f"{found.name} holds a private key ({key_label(public)}): {whose}.",
    )
