"""What an administrator says about a mail server; each option described once, with its rules."""

from attrs import frozen

from offhook.api import (
    Secret,
    at_host,
    between,
    check_host,
    check_mailbox,
    check_sender,
    described,
)

USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _check_server(value: str) -> None:
    if not value:
        raise ValueError("give the mail server's name or address")
    check_host(value)


def _check_printable(value: str) -> None:
    if not value.isprintable():
        raise ValueError("it holds a control character")


@frozen(kw_only=True)
class Options:
    """How to reach a mail server, and in whose name to send."""

    host: str = described(
        identifies=True,
        help="Name or address of the mail server; its certificate must be made for it.",
        check=_check_server,
    )
    port: int = described(
        default=0,
        help="Port; 0 is the usual one: 587 with starttls, 465 with tls, 25 with none.",
        check=between(0, 65535),
    )
    security: str = described(
        default="starttls",
        help="starttls, tls (from the first byte on) or none (only on a network you trust).",
        choices=tuple(USUAL_PORTS),
        read=lambda text: text.strip().lower(),
    )
    username: str = described(
        default="",
        help="Account to log in with; empty: without login.",
        check=_check_printable,
    )
    password: Secret = described(default=Secret(""), help="Password of the account.")
    sender: str = described(
        help='Who the mails are from: an address, or "Name <address>".', check=check_sender
    )
    reply_to: str = described(
        default="",
        help="Where answers go; empty: to the sender.",
        label="Reply to",
        check=check_mailbox,
    )
    ca_file: str = described(
        path=True,
        default="",
        help="PEM file with the authority behind the server's certificate; empty: the system's.",
        label="CA file",
        check=_check_printable,
    )
    timeout: int = described(
        default=30,
        help="How long logging in may take, and again each mail until it is handed over.",
        unit="s",
        check=between(1, 30),
    )
    helo: str = described(
        default="",
        help="Name to greet the server with; empty: this machine's address.",
        label="HELO name",
        check=check_host,
    )

    @property
    def server(self) -> str:
        """The server as ``host:port``, for sentences."""
        return at_host(self.host, self.actual_port)

    @property
    def actual_port(self) -> int:
        """The port given, or the usual one."""
        return self.port or USUAL_PORTS[self.security]
