"""Sends a chunk of messages by way of the service, which hands each to its mail server at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from offhook.api import Connection, Handover, InvalidInput, Letterhead, Message, Receipt
from offhook_redirect.client import Service
from offhook_redirect.opening import opened
from offhook_redirect.options import Options
from offhook_redirect.refusals import strange

_OUTCOMES: dict[str, Any] = {name: name for name in ("sent", "later", "failed", "uncertain")}


def deliver(
    connection: Connection[Options], messages: Sequence[Message], *, now: datetime
) -> Iterator[Handover | Receipt]:
    """
    Send *messages* in their order; *now* becomes the date of the mails.

    The service sends a message of one id only once, so that a lost answer does no harm: it is asked
    again later.
    """
    options = connection.options
    letterhead = Letterhead.of(options.sender, options.reply_to, now=now)
    with opened(connection) as service:
        service.me()  # before anything is handed over
        for message in messages:
            yield from _send(service, letterhead, message)


def _send(
    service: Service, letterhead: Letterhead, message: Message
) -> Iterator[Handover | Receipt]:
    try:
        mail = letterhead.write(message)
    except InvalidInput as error:
        yield Receipt(message.key, "failed", "; ".join(map(str, error.problems)))
        return
    yield Handover(message.key, repeatable=True)
    told = service.send_mail(
        name=message.message_id,
        sender=letterhead.sender.address,
        recipient=mail.recipient.address,
        content=mail.content,
    )
    server = service.session.server
    if told["status"] not in _OUTCOMES:
        raise strange(server, f"it says {told['status']!r} of a mail")
    yield Receipt(message.key, _OUTCOMES[told["status"]], f"{server}: {told['reason']}")
