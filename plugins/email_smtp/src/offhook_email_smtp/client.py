"""
Speaks SMTP: one connection, command by command, with a stop before what cannot be taken back.

Errors are those of `smtplib`, `ssl` and `socket`, all of them `OSError`.
"""

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Container
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Self

from attrs import frozen

from offhook.api import PeerCertificate, presented

GO_AHEAD = 354  # the answer to DATA: what follows is the mail
_DONE, _REFUSED = range(200, 300), range(400, 600)
_READY, _LOGIN_FIRST = 220, 530
# Seconds. Whoever gives up after the mail is out does not know what became of it, so: patience.
_VERDICT_PATIENCE = 90
_QUIT_PATIENCE = 5
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


@frozen
class Reply:
    """What the server said: a code of three digits, and its words as one line."""

    code: int
    words: str

    @property
    def accepted(self) -> bool:
        """Whether it did what it was asked to."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether the same may work in a while."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return f"{self.code} {self.words}"


class Session:
    """
    One connection, from the greeting to QUIT; as a context manager it closes itself, quietly.

    *timeout* is in seconds, once for all that comes before the first mail and again for each mail;
    what the server says to a mail may take longer. *tls* speaks TLS from the first byte on.
    """

    def __init__(
        self, host: str, port: int, *, timeout: float, helo: str, tls: ssl.SSLContext | None
    ) -> None:
        self._host, self._timeout, self._end = host, timeout, monotonic() + timeout
        self._in_transaction = False
        connected = _connect(host, port, timeout)
        # A mail ends in a short packet, which must not wait for the long ones' acknowledgement.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._smtp = smtplib.SMTP(local_hostname=helo or _literal(connected))
        self._smtp.command_encoding = "utf-8"
        self._smtp.sock = connected
        if tls:
            self._encrypt(tls)

    @property
    def alive(self) -> bool:
        """Whether commands can still be sent."""
        return self._smtp.sock is not None

    @property
    def certificate(self) -> PeerCertificate | None:
        """The server's verified certificate; None without TLS."""
        tls = self._socket
        return presented(tls) if isinstance(tls, ssl.SSLSocket) else None

    @property
    def tls_version(self) -> str:
        """The protocol agreed upon, such as TLSv1.3; empty without TLS."""
        return self._socket.version() or "" if isinstance(self._socket, ssl.SSLSocket) else ""

    def greet(self) -> None:
        """Wait for the greeting and say EHLO, or HELO to a server of old."""
        self._hurry()
        code, words = self._smtp.getreply()
        if code != _READY:
            raise smtplib.SMTPConnectError(code, words)
        self._smtp.ehlo_or_helo_if_needed()

    def offers(self, extension: str) -> bool:
        """Whether the server announced *extension*."""
        return self._smtp.has_extn(extension)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Encrypt from here on, and greet again; the certificate must be made for the host."""
        if not self.offers("starttls"):
            raise smtplib.SMTPNotSupportedError("STARTTLS")
        reply = self._ask("STARTTLS")
        if not reply.accepted:
            raise smtplib.SMTPResponseException(reply.code, reply.words)
        self._encrypt(context)
        # What was said in clear counts no more.
        self._smtp.ehlo_resp = self._smtp.helo_resp = None
        self._smtp.ehlo_or_helo_if_needed()

    def log_in(self, username: str, password: str) -> None:
        """Log in with AUTH PLAIN or LOGIN, in UTF-8, which `smtplib` cannot."""
        mechanisms = self._smtp.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in mechanisms:
            answers = ["AUTH PLAIN " + _base64(f"\0{username}\0{password}")]
        elif "LOGIN" in mechanisms:
            answers = ["AUTH LOGIN", _base64(username), _base64(password)]
        else:
            raise smtplib.SMTPNotSupportedError("AUTH")
        for answer in answers:
            reply = self._ask(answer, wanted=(235, 334))
            if reply.code != 334:
                break
        if reply.code != 235:
            raise smtplib.SMTPAuthenticationError(reply.code, reply.words)

    def propose(self, sender: str, recipient: str) -> Reply:
        """
        Say who writes to whom; return the go-ahead, or the reply with which it declined.

        Raises `SMTPSenderRefused` when it will never take mail from *sender*.
        """
        unicode = "" if recipient.isascii() else " BODY=8BITMIME SMTPUTF8"
        reply = self.begin(sender, unicode)
        if reply.accepted:
            reply = self._ask(f"RCPT TO:<{recipient}>")
        if reply.code == _LOGIN_FIRST:
            raise smtplib.SMTPSenderRefused(reply.code, reply.words.encode(), sender)
        if reply.accepted:
            reply = self._ask("DATA", wanted=(GO_AHEAD,))
        return reply

    def begin(self, sender: str, parameters: str = "") -> Reply:
        """Start a transaction, ending one that was left open; raises `SMTPSenderRefused`."""
        self._end = monotonic() + self._timeout
        if self._in_transaction:
            self._ask("RSET")
        self._in_transaction = True
        reply = self._ask(f"MAIL FROM:<{sender}>{parameters}")
        if reply.code >= 500 and not parameters:
            raise smtplib.SMTPSenderRefused(reply.code, reply.words.encode(), sender)
        return reply

    def hand_over(self, content: bytes) -> Reply:
        """Send the mail itself after the go-ahead, and return what became of it."""
        stuffed = re.sub(rb"(?m)^\.", b"..", content)
        self._end = monotonic() + max(self._timeout, _VERDICT_PATIENCE)
        self._hurry()
        self._smtp.send(stuffed + b".\r\n")
        reply = self._reply(_DONE)
        self._in_transaction = False
        return reply

    def close(self) -> None:
        """Say goodbye if the server still listens."""
        with suppress(OSError):
            self._end = monotonic() + _QUIT_PATIENCE
            self._ask("QUIT")
        self._smtp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        # Inside a mail a QUIT would be part of it: a mail that is not ended is thrown away.
        if error or not self.alive:
            self._smtp.close()
        else:
            self.close()

    @property
    def _socket(self) -> socket.socket:
        if not self._smtp.sock:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        return self._smtp.sock

    def _encrypt(self, context: ssl.SSLContext) -> None:
        self._hurry()
        self._smtp.sock = context.wrap_socket(self._socket, server_hostname=self._host)
        self._smtp.file = None  # it would still read, and believe, what came in clear

    def _hurry(self) -> None:
        self._socket.settimeout(max(0.1, self._end - monotonic()))

    def _ask(self, command: str, *, wanted: Container[int] = _DONE) -> Reply:
        self._hurry()
        self._smtp.putcmd(command)
        return self._reply(wanted)

    def _reply(self, wanted: Container[int]) -> Reply:
        """Return the answer if *wanted* or a refusal; anything else ends the connection."""
        code, words = self._smtp.getreply()
        reply = Reply(code, printable(words))
        if code in wanted or code in _REFUSED:
            if code == 421:  # by definition its last word
                self._smtp.close()
            return reply
        self._smtp.close()
        raise smtplib.SMTPServerDisconnected(f"it said {str(reply)!r} out of turn")


def printable(words: bytes | str) -> str:
    """Return what a server said as one line without control characters, at most 300 long."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return _UNPRINTABLE.sub(" ", text).strip()[:300]


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _connect(host: str, port: int, patience: float) -> socket.socket:
    """Connect to the first address of *host* that lets us; each has its share of *patience*."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure = OSError(f"{host} has no address")
    for *_, address in addresses:
        try:
            return socket.create_connection((str(address[0]), port), patience / len(addresses))
        except OSError as error:
            failure = error
    raise failure


def _literal(connected: socket.socket) -> str:
    """Return this end's address as SMTP writes it where there is no name."""
    address = str(connected.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
