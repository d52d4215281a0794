"""A small mail server that keeps every mail as a file; it delivers nothing."""

import logging
import ssl
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from offhook_simulators.authorities import DemoCertificate

USERNAME = "offhook"
PASSWORD = "demo"


class MailCatcher:
    """
    Catches mails on ``localhost:port`` with STARTTLS and AUTH; ``count`` says how many so far.

    Each mail becomes ``NNN-recipient.eml`` in *folder*.
    """

    def __init__(self, folder: Path, port: int, certificate: DemoCertificate) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.count = 0
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.chain, certificate.key)
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=_check_login,
        )

    def start(self) -> None:
        """Listen, in a thread of its own."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own use
        self._controller.start()

    def stop(self) -> None:
        """Listen no more."""
        self._controller.stop()

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        self.count += 1
        recipient = "".join(
            letter if letter.isalnum() or letter in "@.-+" else "_"
            for letter in envelope.rcpt_tos[0]
        )
        path = self.folder / f"{self.count:03d}-{recipient}.eml"
        path.write_bytes(envelope.original_content or b"")
        return "250 kept"


def _check_login(
    server: Any, session: Session, envelope: Envelope, mechanism: str, login: Any
) -> AuthResult:
    right = isinstance(login, LoginPassword) and (
        login.login == USERNAME.encode() and login.password == PASSWORD.encode()
    )
    return AuthResult(success=right)
