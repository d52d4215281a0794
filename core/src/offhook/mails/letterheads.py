"""What all mails of a chunk have in common."""

from datetime import datetime
from typing import Self

from attrs import frozen

from offhook.errors import InvalidInput, Problem
from offhook.mails.addresses import Mailbox, read_mailbox
from offhook.mails.mime import Mail, write
from offhook.model.deployments import Message


@frozen
class Letterhead:
    """Who mails are from, where answers go, and their date."""

    sender: Mailbox
    reply_to: Mailbox | None
    now: datetime

    @classmethod
    def of(cls, sender: str, reply_to: str, *, now: datetime) -> Self:
        """Return the letterhead that options say; raises `InvalidInput` for what is no mailbox."""
        answers = _mailbox("reply_to", reply_to) if reply_to else None
        return cls(_mailbox("sender", sender), answers, now)

    def write(self, message: Message) -> Mail:
        """Return *message* as a mail; raises `InvalidInput` with each field that cannot be sent."""
        return write(message, self.sender, self.reply_to, now=self.now)


def _mailbox(field: str, text: str) -> Mailbox:
    try:
        return read_mailbox(text)
    except ValueError as error:
        problem = Problem(field, text, str(error))
        raise InvalidInput("The mail connection cannot be used:", [problem]) from None
