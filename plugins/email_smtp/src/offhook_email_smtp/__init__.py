"""Sends the deployment mails of offhook through an SMTP server."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from offhook.api import Connection, Finding, Handover, Message, Receipt, hookimpl
from offhook_email_smtp.delivery import deliver
from offhook_email_smtp.diagnosis import examine
from offhook_email_smtp.options import Options

__all__ = ["Options", "diagnose", "options_class", "send"]


@hookimpl
def options_class() -> type[Options]:
    """Where the mail server is, how to log in, and who the mails are from."""
    return Options


@hookimpl
def send(
    connection: Connection[Options], messages: Sequence[Message]
) -> Iterator[Handover | Receipt]:
    """One connection for all messages; a `Handover` between the server's 354 and each mail."""
    return deliver(connection.options, messages, now=datetime.now(UTC))


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """Reachable, encrypted, logged in, sender accepted: step by step, without sending a mail."""
    return examine(connection.options, now=datetime.now(UTC))
