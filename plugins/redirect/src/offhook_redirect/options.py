"""What an administrator says about a redirect service."""

from attrs import frozen

from offhook.api import at_host, between, check_host, check_mailbox, check_sender, described


def _check_service(value: str) -> None:
    if not value:
        raise ValueError("give the redirect service's name")
    check_host(value)


@frozen(kw_only=True)
class Options:
    """Where the redirect service is, and in whose name it sends mails."""

    host: str = described(
        identifies=True,
        help="Name of the redirect service; its certificate must be made for it.",
        check=_check_service,
    )
    port: int = described(identifies=True, default=443, help="Its port.", check=between(1, 65535))
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
        help="PEM file with the authority behind its certificate; empty: the system's.",
        label="CA file",
    )
    timeout: int = described(
        default=50,
        help="How long one answer may take; it hands a mail to a mail server before it answers.",
        unit="s",
        check=between(5, 50),
    )

    @property
    def address(self) -> str:
        """Where the service is, without the port that everybody leaves out."""
        return f"https://{at_host(self.host, 0 if self.port == 443 else self.port)}"
