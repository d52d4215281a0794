"""Goes through a directory step by step and says what it found; changes nothing."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import attrs

from offhook.directories.results import hidden
from offhook.directories.searching import read_entry
from offhook.directories.sessions import Page, Session, connected
from offhook.directories.values import Directory
from offhook.errors import OffhookError, Unreachable
from offhook.model.findings import Finding

_ENDS_SOON = 21  # days
_PATIENCE = 10  # seconds: somebody is waiting for the answer
_CLOCK = "currentTime"  # Active Directory's root tells it
_APART = 300  # seconds
_TIME = re.compile(r"(\d{14}).*Z")


def diagnose_directory(
    directory: Directory,
    base: str,
    ldap_filter: str,
    attributes: Sequence[str],
    *,
    now: datetime | None = None,
) -> Iterator[Finding]:
    """
    Yield a finding per step: reachable, certificate, login, base, rights, shape, clock.

    The first failure ends it. The shape is right when each of *attributes* appears in the first
    page of what matches *ldap_filter* below *base*.
    """
    now = now or datetime.now(UTC)
    directory = attrs.evolve(directory, timeout=min(directory.timeout, _PATIENCE))
    step = "reachable"
    try:
        with connected(directory) as session:
            yield _ok(step, f"{directory.server} answers.")
            step = "certificate"
            session.encrypt()
            yield _encryption(session, now)
            step = "login"
            session.log_in()
            yield _ok(step, _who(directory))
            step = "base"
            yield _base(session, base)
            step = "rights"
            page = session.page(base, ldap_filter, attributes)
            yield _rights(page, ldap_filter, base)
            yield from _shape(page, attributes)
            yield from _clock(session, now)
    except OffhookError as error:
        yield _failure(step, error)


def _encryption(session: Session, now: datetime) -> Finding:
    certificate = session.certificate
    if certificate is None:
        return Finding(
            level="warning",
            code="ldap-certificate",
            summary=f"Nothing that goes to {session.directory.server} is encrypted.",
            meaning="On the way, others can read the login and what the directory holds.",
            action="Set security to ldaps or starttls, unless the server is this very machine.",
        )
    left = (certificate.ends_at - now).days
    summary = f"The certificate is for {', '.join(certificate.names)}, {left} days left."
    if left >= _ENDS_SOON:
        return _ok("certificate", summary)
    return Finding(
        level="warning",
        code="ldap-certificate",
        summary=summary,
        meaning="When it has ended, no users can be read.",
        action="Have it renewed on the directory server.",
    )


def _who(directory: Directory) -> str:
    if directory.bind_dn:
        return f"Logged in as {directory.bind_dn}."
    return "There is no login: the directory shows what it shows to everybody."


def _base(session: Session, base: str) -> Finding:
    if session.read(base) is None:
        raise hidden(session.directory, base)
    return _ok("base", f"{base} is there.")


def _rights(page: Page, query: str, base: str) -> Finding:
    if page.entries:
        more = " and more" if page.cookie else ""
        return _ok("rights", f"{len(page.entries)} entries{more} can be read.")
    return Finding(
        level="warning",
        code="ldap-rights",
        summary=f"Below {base} nothing that can be seen matches {query}.",
        meaning="No users are found.",
        action="Check that the login may read the entries, and how their class is named.",
    )


def _shape(page: Page, attributes: Sequence[str]) -> Iterator[Finding]:
    entries = [read_entry(each) for each in page.entries]
    if not entries:
        return
    missing = [name for name in attributes if not any(name in entry for entry in entries)]
    if not missing:
        yield _ok("shape", "Every attribute that is read appears.")
        return
    yield Finding(
        level="warning",
        code="ldap-shape",
        summary=f"None of the first {len(entries)} entries has {', '.join(missing)}.",
        meaning="What they are for stays unknown.",
        action="Check how this directory names them, and that the login may read them.",
    )


def _clock(session: Session, now: datetime) -> Iterator[Finding]:
    root = session.read("", [_CLOCK])
    told = _TIME.match(read_entry(root).first(_CLOCK) if root else "")
    if not told:
        return
    clock = datetime.strptime(f"{told[1]}+0000", "%Y%m%d%H%M%S%z")
    apart = round((clock - now).total_seconds())
    if abs(apart) < _APART:
        yield _ok("clock", f"Its clock is {abs(apart)} s from ours.")
        return
    yield Finding(
        level="warning",
        code="ldap-clock",
        summary=f"Its clock is {abs(apart)} s {'ahead of' if apart > 0 else 'behind'} ours.",
        meaning="Certificates and passwords seem to end too early or too late.",
        action="Have both machines set their clocks by the network.",
    )


def _ok(step: str, summary: str) -> Finding:
    return Finding(level="ok", code=f"ldap-{step}", summary=summary)


def _failure(step: str, error: OffhookError) -> Finding:
    again = isinstance(error, Unreachable)
    return Finding(
        level="failure",
        code=f"ldap-{step}",
        summary=str(error),
        meaning="No users can be read"
        + ("; it is tried again." if again else " until this is put right."),
        action=error.hint,
    )
