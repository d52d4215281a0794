"""Sends a chunk of messages over one connection, and opens another one if that is lost."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from smtplib import SMTPException, SMTPServerDisconnected
from typing import Literal

from offhook.api import Handover, InvalidInput, Letterhead, Message, Receipt, Unreachable
from offhook_email_smtp.client import GO_AHEAD, Reply, Session
from offhook_email_smtp.failures import explain
from offhook_email_smtp.opening import opened
from offhook_email_smtp.options import Options


def deliver(
    options: Options, messages: Sequence[Message], *, now: datetime
) -> Iterator[Handover | Receipt]:
    """
    Send *messages* in their order; *now* becomes the date of the mails.

    A lost connection is opened again. When that one is lost too before it did any good, the rest is
    left alone: `Unreachable`.
    """
    letterhead = Letterhead.of(options.sender, options.reply_to, now=now)
    waiting, losses = deque(messages), 0
    while waiting:
        with opened(options) as session:
            while waiting and session.alive:
                for step in _send(session, options, letterhead, waiting[0]):
                    if isinstance(step, Receipt):
                        waiting.popleft()
                        losses = 0 if session.alive else losses
                    yield step
        losses += 1
        if waiting and losses == 2:
            raise Unreachable(
                f"{options.server} closed the connection twice; {len(waiting)} mails are left.",
                hint="They can be tried again in a while; the mail server's log says why.",
            )


def _send(
    session: Session, options: Options, letterhead: Letterhead, message: Message
) -> Iterator[Handover | Receipt]:
    """Send one message; no receipt means that the connection was lost before the handover."""
    try:
        mail = letterhead.write(message)
    except InvalidInput as error:
        yield Receipt(message.key, "failed", "; ".join(map(str, error.problems)))
        return
    if mail.recipient.international and not session.offers("smtputf8"):
        reason = f"{options.server} takes no address beyond ASCII (SMTPUTF8)"
        yield Receipt(message.key, "failed", f"{reason}: {mail.recipient.address}")
        return
    try:
        reply = session.propose(letterhead.sender.address, mail.recipient.address)
    except SMTPServerDisconnected:
        return
    except SMTPException as error:
        raise explain(error, options) from error
    if reply.code == GO_AHEAD:
        yield Handover(message.key)
        try:
            reply = session.hand_over(mail.content)
        except SMTPException:
            reason = f"{options.server} was lost before it answered: the mail may have arrived."
            yield Receipt(message.key, "uncertain", reason)
            return
    yield Receipt(message.key, _outcome(reply), f"{options.server} answered: {reply}")


def _outcome(reply: Reply) -> Literal["sent", "later", "failed"]:
    if reply.accepted:
        return "sent"
    return "later" if reply.temporary else "failed"
