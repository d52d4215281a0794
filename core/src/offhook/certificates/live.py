"""Tries the certificates of a running server as a phone does, on every port that phones use."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from attrs import evolve, frozen

from offhook.certificates.examining import another_way
from offhook.certificates.explaining import NOT_CONNECTED, explain
from offhook.certificates.handshakes import OK, Presented, Target, Verdict, judge, look, offered
from offhook.certificates.orders import order
from offhook.certificates.remarks import of_versions, remarks
from offhook.certificates.trust import Trust
from offhook.certificates.views import CertificateView, common_name, describe_all
from offhook.errors import RemoteError, Unreachable
from offhook.model.findings import Finding

HTTPS, CLIENT_SERVICE = 443, 36008
_USUAL = (HTTPS, CLIENT_SERVICE)
_UNREACHED = "certificate-server-unreachable"
_OWN = ("self-signed", "root")  # nobody else has issued it
LIMIT = 10.0  # seconds for each connection
_NOT_RESTARTED = Finding(
    level="failure",
    code="certificate-old-on-client-service",
    summary=f"Port {CLIENT_SERVICE} presents a self-signed certificate, port {HTTPS} the one of an "
    "authority.",
    meaning="The new certificate was installed, but the client service still runs with the one "
    "from before.",
    action="Restart the server behind that port: it does not notice a new certificate.",
)
_DIFFERENT = Finding(
    level="note",
    code="certificate-differs",
    summary=f"Ports {HTTPS} and {CLIENT_SERVICE} present different certificates.",
    meaning="Both are looked at above; a newer one may be installed on one port only.",
    action="If both should have the same, restart what still has the older one.",
)


@frozen(kw_only=True)
class PortCheck:
    """
    What a phone makes of one port.

    ``verdict`` is OpenSSL's code and words, "0 (ok)" where a phone goes on; empty where nothing is
    seen. ``served`` is what the server sends, ``rebuilt`` the way to a trusted ``root`` that a
    client makes of it; ``tls`` are the versions offered.
    """

    host: str
    port: int
    ok: bool
    verdict: str
    served: tuple[CertificateView, ...] = ()
    rebuilt: tuple[CertificateView, ...] = ()
    root: str = ""
    tls: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def check(
    host: str,
    ports: Sequence[int] = (),
    *,
    address: str = "",
    trust: Trust | None = None,
    now: datetime,
    limit: float = LIMIT,
) -> list[PortCheck]:
    """
    Try all *ports* of *host* at the same time; each connection gets *limit* seconds.

    Without *ports* it is HTTPS, and the client service where there is one. *address* is where the
    server is asked, if not where DNS leads from here.
    """
    known = trust or Trust()
    known.roots  # noqa: B018  read once, before several threads would
    targets = [Target(host=host, port=port, address=address) for port in ports or _USUAL]
    with ThreadPoolExecutor(len(targets)) as pool:
        found = list(pool.map(lambda each: check_port(each, known, now, limit), targets))
    return found if ports else [_excused(each) for each in found]


def check_port(target: Target, trust: Trust, now: datetime, limit: float = LIMIT) -> PortCheck:
    """Try one port."""
    try:
        verdict = judge(target, trust, limit)
        presented = look(target, trust, limit)
        tls = offered(target, limit)
    except RemoteError as error:
        return _unseen(target, error, limit)
    findings = (*_findings(verdict, presented, target.host, trust, now), *of_versions(tls))
    return PortCheck(
        host=target.host,
        port=target.port,
        ok=not any(each.level == "failure" for each in findings),
        verdict=str(verdict),
        served=describe_all(presented.served, now),
        rebuilt=describe_all(presented.rebuilt, now) if verdict.code == OK else (),
        root=common_name(presented.rebuilt[-1]) if presented.rebuilt else "",
        tls=tls,
        findings=findings,
    )


def compare(checks: Sequence[PortCheck]) -> list[Finding]:
    """Return what only several ports of one server tell together."""
    by_port = {each.port: each for each in checks}
    https, service = by_port.get(HTTPS), by_port.get(CLIENT_SERVICE)
    if not https or not service or not https.served or not service.served:
        return []
    one, other = https.served[0], service.served[0]
    if other.kind in _OWN and one.kind not in _OWN:
        return [_NOT_RESTARTED]
    return [_DIFFERENT] if one.fingerprint != other.fingerprint else []


def _findings(
    verdict: Verdict, presented: Presented, host: str, trust: Trust, now: datetime
) -> Iterator[Finding]:
    served = presented.served
    ordered = order(served, trust, now, served[0])
    remarked = list(remarks(served, ordered, now, public=not trust.ca_file))
    failed = [each for each in remarked if each.level == "failure"]
    if verdict.code != OK:
        yield explain(verdict, presented, ordered, host, now)
    elif not failed:
        yield Finding(
            level="ok",
            code="certificate-ok",
            summary=f"{verdict}: phones accept {common_name(served[0])}, "
            f"{(served[0].not_valid_after_utc - now).days} days left.",
        )
    if verdict.code in NOT_CONNECTED and another_way(ordered.leaf, served[1:], host, trust, now):
        yield Finding(
            level="note",
            code="certificate-other-way",
            summary="Clients that look for another way to a root find one.",
            meaning="Some phones connect, others do not.",
            action="Put this right all the same: send only the way that is valid.",
        )
    for each in remarked:
        if verdict.code == OK or each not in failed:  # the verdict has said it
            yield each


def _unseen(target: Target, error: RemoteError, limit: float) -> PortCheck:
    """Return that no certificate came, and whether the version of TLS is what that is due to."""
    reached = not isinstance(error, Unreachable)
    tls = offered(target, limit) if reached else ()
    finding = Finding(
        level="failure",
        code="certificate-not-seen" if reached else _UNREACHED,
        summary=str(error),
        meaning="Nothing can be said of its certificate.",
        action=error.hint,
    )
    found = (finding, *of_versions(tls))
    return PortCheck(
        host=target.host, port=target.port, ok=False, verdict="", tls=tls, findings=found
    )


def _excused(found: PortCheck) -> PortCheck:
    """Return that nobody answers at the client service as a note: not every server has one."""
    if found.port != CLIENT_SERVICE or found.findings[0].code != _UNREACHED:
        return found
    note = evolve(found.findings[0], level="note", meaning="Right where it has no client service.")
    return evolve(found, ok=True, findings=(note,))
