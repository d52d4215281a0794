"""Hands mails to the service's mail server: each at once, only once, and nothing of it is kept."""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPSenderRefused
from typing import Literal

from attrs import frozen

from offhook.errors import RemoteError
from offhook_email_smtp import Options
from offhook_email_smtp.client import GO_AHEAD, Reply, Session
from offhook_redirector import logs
from offhook_redirector.asking import MailAsk
from offhook_redirector.problems import Problem
from offhook_redirector.sessions import Sessions
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Server, Store

KEPT = timedelta(days=30)
_UNDER_WAY = timedelta(minutes=3)  # longer than a mail server may take for its verdict
Status = Literal["sent", "later", "failed", "uncertain"]
_OVER_THERE = "the mail server was lost before it answered: the mail may have arrived"
_RIGHT_NOW = "it is being handed over right now"


@frozen
class Sent:
    """What became of a mail, in the words of a receipt."""

    status: Status
    reason: str


class _ClaimedMeanwhile(Exception):
    """The same mail came twice, and the other one is already going out."""


class _Lost(Exception):
    """The connection was lost, and nothing was handed over."""


class Mails:
    """Sends mails for servers; blocking, for a thread."""

    def __init__(
        self, store: Store, settings: RedirectSettings, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._sessions = _sessions(settings)
        self._now = now

    def send(self, server: Server, mail: MailAsk) -> Sent:
        """
        Hand *mail* over unless that was done before; the same id is the same mail for 30 days.

        Raises `Problem` where the mail server does not let us send any.
        """
        if not self._sessions:
            raise Problem(501, "no-mail", "This service has no mail server: it sends no mails.")
        digest = hmac.digest(server.key.encode(), mail.id.encode(), hashlib.sha256).hex()
        if known := self._known(digest):
            return known
        for fresh in (False, True):  # one that has waited may be lost; a new one is not, mostly
            try:
                with ExitStack() as until:
                    session = _open(self._sessions, until, fresh=fresh)
                    return self._hand_over(session, mail, digest)
            except _Lost:
                continue
            except _ClaimedMeanwhile:
                return Sent("later", _RIGHT_NOW)
        return Sent("later", "the mail server closed the connection")

    def close(self) -> None:
        """Hang up."""
        if self._sessions:
            self._sessions.close()

    def _hand_over(self, session: Session, mail: MailAsk, digest: str) -> Sent:
        if not mail.recipient.isascii() and not session.offers("smtputf8"):
            return Sent("failed", "the mail server takes no address beyond ASCII (SMTPUTF8)")
        try:
            reply = session.propose(mail.sender, mail.recipient)
        except SMTPSenderRefused as error:
            return _sent(Reply(error.smtp_code, error.smtp_error.decode()))
        except SMTPException as error:
            raise _Lost from error
        if not session.alive:
            raise _Lost  # it said 421, its last word
        if reply.code != GO_AHEAD:
            return _sent(reply)
        if not self._store.claim_mail(digest, keep=KEPT, now=self._now()):
            raise _ClaimedMeanwhile  # the mail server waits for content: only hanging up is left
        try:
            sent = _sent(session.hand_over(mail.content))
        except SMTPException:
            sent = Sent("uncertain", _OVER_THERE)
        kept = sent.status if sent.status in ("sent", "uncertain") else ""
        self._store.settle_mail(digest, kept)
        return sent

    def _known(self, digest: str) -> Sent | None:
        """Return what became of a mail that was handed over before, or is just being."""
        found = self._store.mail(digest)
        if not found:
            return None
        if found.status == "sent":
            return Sent("sent", "it was handed over before")
        if found.status == "wire" and self._now() - found.since < _UNDER_WAY:
            return Sent("later", _RIGHT_NOW)
        return Sent("uncertain", _OVER_THERE)


def _sessions(settings: RedirectSettings) -> Sessions | None:
    if not settings.smtp_host:
        return None
    options = Options(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_user,
        password=settings.smtp_password,
        ca_file=settings.smtp_ca_file,
        sender=f"postmaster@{settings.smtp_host}",  # every mail has its own
    )
    return Sessions(options)


def _open(sessions: Sessions, until: ExitStack, *, fresh: bool) -> Session:
    """Return a session that is ready for a mail; raises `Problem`, and tells the operator."""
    try:
        return until.enter_context(sessions.one(fresh=fresh))
    except RemoteError as error:
        logs.warn(error.whole)
        said = "The service's mail server takes no mails at the moment; try again later."
        raise Problem(503, "mail-unavailable", said) from error


def _sent(reply: Reply) -> Sent:
    words = f"the mail server answered: {reply}"
    if reply.accepted:
        return Sent("sent", words)
    return Sent("later" if reply.temporary else "failed", words)
