"""Writes deployment mails as bytes: the one place that knows how, for every transport."""

from offhook.mails.addresses import Mailbox, check_mailbox, check_sender, read_mailbox
from offhook.mails.letterheads import Letterhead
from offhook.mails.mime import Mail

__all__ = ["Letterhead", "Mail", "Mailbox", "check_mailbox", "check_sender", "read_mailbox"]
