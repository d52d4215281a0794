"""Goes through the connection step by step and says what it found, without sending a mail."""

import ssl
from collections.abc import Iterator
from datetime import datetime

import attrs

from offhook.api import Finding, RemoteError, Unreachable, read_mailbox
from offhook_email_smtp.client import Session
from offhook_email_smtp.failures import explained
from offhook_email_smtp.opening import connected, log_in, secure
from offhook_email_smtp.options import Options

_ENDS_SOON = 21  # days
_PATIENCE = 10  # seconds: somebody is waiting for the answer


def examine(options: Options, *, now: datetime) -> Iterator[Finding]:
    """Yield a finding per step; the first failure ends the examination."""
    options = attrs.evolve(options, timeout=min(options.timeout, _PATIENCE))
    step = "reachable"
    try:
        with connected(options) as session:
            yield _ok(step, f"{options.server} answers.")
            step = "tls"
            secure(session, options)
            yield _encryption(session, options, now)
            step = "login"
            log_in(session, options)
            yield _ok(step, _who(options))
            step = "sender"
            yield _sender(session, options)
    except RemoteError as error:
        # With TLS from the first byte on, a wrong certificate shows while connecting.
        yield _failure("tls" if isinstance(error.__cause__, ssl.SSLError) else step, error)


def _encryption(session: Session, options: Options, now: datetime) -> Finding:
    certificate = session.certificate
    if certificate is None:
        return Finding(
            level="warning",
            code="smtp-tls",
            summary=f"Nothing that goes to {options.server} is encrypted.",
            meaning="On the way, others can read the login and use the links in the mails.",
            action="Set security to starttls or tls, unless the server is this very machine.",
        )
    left = (certificate.ends_at - now).days
    names = ", ".join(certificate.names)
    summary = f"{session.tls_version}, certificate for {names}, {left} days left."
    if left >= _ENDS_SOON:
        return _ok("tls", summary)
    return Finding(
        level="warning",
        code="smtp-tls",
        summary=summary,
        meaning="When it has ended, no mail goes out.",
        action="Have it renewed on the mail server.",
    )


def _who(options: Options) -> str:
    if options.username:
        return f"Logged in as {options.username}."
    return "No user name is set: there is no login."


def _sender(session: Session, options: Options) -> Finding:
    with explained(options):
        sender = read_mailbox(options.sender).address
        reply = session.begin(sender)
    if reply.accepted:
        return _ok("sender", f"{options.server} takes mail from {sender}.")
    return Finding(
        level="warning",
        code="smtp-sender",
        summary=f"{options.server} takes no mail from {sender} just now: {reply}",
        meaning="Mails wait and are tried again.",
        action="Look into the mail server's log if it stays so.",
    )


def _ok(step: str, summary: str) -> Finding:
    return Finding(level="ok", code=f"smtp-{step}", summary=summary)


def _failure(step: str, error: RemoteError) -> Finding:
    again = isinstance(error, Unreachable)
    return Finding(
        level="failure",
        code=f"smtp-{step}",
        summary=str(error),
        meaning="No mail goes out; "
        + ("they are tried again." if again else "they wait until this is put right."),
        action=error.hint,
    )
