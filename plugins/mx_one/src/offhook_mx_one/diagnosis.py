"""Goes through the source of users step by step and says what it found; it changes nothing."""

import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from offhook.api import (
    Finding,
    HttpAnswer,
    InvalidInput,
    PeerCertificate,
    Refused,
    RemoteError,
    diagnose_records,
)
from offhook_mx_one.client import ProvisioningManager
from offhook_mx_one.facts import FACTS
from offhook_mx_one.items import Items
from offhook_mx_one.opening import Opened, opened
from offhook_mx_one.options import Options
from offhook_mx_one.users import REQUIRED

_ENDS_SOON = 21  # days
_TOLERANCE = timedelta(minutes=2)


def examine(options: Options, *, now: datetime) -> Iterator[Finding]:
    """Yield a finding per step; the first failure ends the examination."""
    if options.source == "csv":
        columns = FACTS.section("csv", options.facts)
        yield from diagnose_records(Path(options.file), columns, required=REQUIRED, now=now)
    if options.host:
        yield from _examine_manager(options, now)


def _examine_manager(options: Options, now: datetime) -> Iterator[Finding]:
    step = "reachable"
    try:
        with opened(options) as system:
            certificate = system.session.certificate()
            yield _ok(step, f"{system.session.server} answers.")
            if certificate:
                yield _certificate(certificate, now)
            step = "login"
            yield from _login(system, options, now)
            step = "rights"
            yield _rights(system.manager, options)
            step = "users"
            yield _users(system.manager, options)
    except (RemoteError, InvalidInput) as error:
        # A wrong certificate shows while connecting.
        yield _failure("tls" if isinstance(error.__cause__, ssl.SSLError) else step, error)


def _certificate(certificate: PeerCertificate, now: datetime) -> Finding:
    left = (certificate.ends_at - now).days
    summary = f"Its certificate is for {', '.join(certificate.names)}; {left} days are left."
    if left >= _ENDS_SOON:
        return _ok("tls", summary)
    return _warning("tls", summary, "When it has ended, nothing can be read.", "Have it renewed.")


def _login(system: Opened, options: Options, now: datetime) -> Iterator[Finding]:
    answer = system.tokens.log_in()
    body: Mapping[str, Any] = answer.body
    version = body.get(FACTS.taken(options.facts)["login.version"][0], "unknown")
    yield _ok("login", f"Logged in as {options.username}; its version is {version}.")
    yield _clock(answer, now)


def _clock(answer: HttpAnswer, now: datetime) -> Finding:
    theirs = answer.sent_at
    if theirs is None:
        return _note("clock", "It does not say what time it has.")
    apart = abs(theirs - now)
    if apart < _TOLERANCE:
        return _ok("clock", "Its clock and ours agree.")
    return _warning(
        "clock",
        f"Its clock and ours are {apart.total_seconds():,.0f} seconds apart.",
        "Tokens and certificates may seem to have ended, or not to have begun.",
        "Set both clocks by a time server.",
    )


def _rights(manager: ProvisioningManager, options: Options) -> Finding:
    try:
        roles = manager.roles()
    except Refused:
        return _warning(
            "rights",
            f"{options.username} is no administrator: the roles cannot be read.",
            "Users may be read; setting their passwords will be refused.",
            "Use an account with the administrator's rights.",
        )
    return _ok("rights", f"{options.username} is an administrator. Roles: {', '.join(roles)}.")


def _users(manager: ProvisioningManager, options: Options) -> Finding:
    reader, items = Items(FACTS.taken(options.facts)), manager.first_page()
    if not items:
        return _note("users", "The list of users is empty.")
    fields = {field for item in items for field in reader.read(item, 0).values}
    if "number" in fields:
        known = ", ".join(sorted(fields))
        return _ok("users", f"{len(items)} users are on the first page; they have {known}.")
    return _warning(
        "users",
        f"None of the {len(items)} users on the first page has an extension.",
        "All users will be left out.",
        f"Their keys are {', '.join(items[0])}: say in the option facts which one is meant.",
    )


def _ok(step: str, summary: str) -> Finding:
    return Finding(level="ok", code=f"mx-one-{step}", summary=summary)


def _note(step: str, summary: str) -> Finding:
    return Finding(level="note", code=f"mx-one-{step}", summary=summary)


def _warning(step: str, summary: str, meaning: str, action: str) -> Finding:
    code = f"mx-one-{step}"
    return Finding(level="warning", code=code, summary=summary, meaning=meaning, action=action)


def _failure(step: str, error: RemoteError | InvalidInput) -> Finding:
    return Finding(
        level="failure",
        code=f"mx-one-{step}",
        summary=str(error),
        meaning="Users cannot be read, nor passwords be set, until this is put right.",
        action=error.hint,
    )
