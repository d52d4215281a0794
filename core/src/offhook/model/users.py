"""Users: persons with a directory number whose softphone is deployed."""

from datetime import datetime

from attrs import frozen

from offhook.model.deployments import Deployment
from offhook.model.described import described
from offhook.model.entries import read_email, read_line, read_pin, read_secret
from offhook.model.rules import check_host
from offhook.model.secrets import Secret


def check_pin(pin: Secret | None) -> None:
    """Refuse a deployment PIN that is not 4 to 20 digits."""
    text = pin.reveal() if pin else ""
    if text and not (4 <= len(text) <= 20 and text.isascii() and text.isdecimal()):
        raise ValueError("use 4 to 20 digits")


@frozen(kw_only=True)
class UserFields:
    """What an administrator may enter for a user, by hand or from a CSV file."""

    first_name: str = described(
        default="", read=read_line, label="First name", help="The user's first name."
    )
    last_name: str = described(
        default="", read=read_line, label="Last name", help="The user's last name."
    )
    number: str = described(
        default="", read=read_line, label="Directory number", help="The number in the PBX."
    )
    email: str = described(
        default="", read=read_email, label="E-mail", help="Who gets the link and the code."
    )
    pbx_host: str = described(
        default="",
        read=read_line,
        label="PBX SIP host",
        check=check_host,
        help="Empty: the profile's.",
    )
    pbx_username: str = described(
        default="",
        read=read_line,
        label="PBX SIP user name",
        help="What the client registers as at the PBX.",
    )
    pbx_password: Secret | None = described(
        default=None,
        read=read_secret,
        label="PBX SIP password",
        help="What it registers with at the PBX.",
    )
    gateway_username: str = described(
        default="",
        read=read_line,
        label="MBG SIP user name",
        help="What it registers as at the border gateway.",
    )
    gateway_password: Secret | None = described(
        default=None,
        read=read_secret,
        label="MBG SIP password",
        help="What it registers with at the gateway.",
    )
    client_service_host: str = described(
        default="",
        read=read_line,
        label="Client service host",
        check=check_host,
        help="The client's own server.",
    )
    client_service_username: str = described(
        default="",
        read=read_line,
        label="Client service user name",
        help="The account on the client's server.",
    )
    client_service_password: Secret | None = described(
        default=None, read=read_secret, label="Client service password", help="Its password."
    )
    pin: Secret | None = described(
        default=None,
        read=read_pin,
        label="Deployment PIN",
        check=check_pin,
        help="4 to 20 digits, asked after the scan; never in the mail.",
    )


@frozen(kw_only=True)
class User(UserFields):
    """
    A person whose client is deployed; ``id`` is ours.

    ``profile`` is the profile's name. ``connection`` names the source, empty for users made by hand
    or from CSV; such a user can be edited, an imported one only in profile and PIN. ``revision``
    grows with every change, ``force_count`` with every forced update.
    """

    id: str
    profile: str
    connection: str = ""
    source_key: str = ""
    revision: int = 1
    force_count: int = 0
    created_at: datetime

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def key(self) -> str:
        """How people name the user: ``hq/1001``, ``1001``, or the id where there is no number."""
        if not self.number:
            return self.id
        return f"{self.connection}/{self.number}" if self.connection else self.number


@frozen(kw_only=True)
class UserLine:
    """A line of the users list: no secrets, and the user's current deployment."""

    id: str
    key: str
    profile: str
    first_name: str
    last_name: str
    number: str
    email: str
    gateway_username: str
    client_service_username: str
    has_pin: bool
    deployment: Deployment | None


@frozen(kw_only=True)
class Selection:
    """Which users: those with these ids, or (None) all, narrowed by a search and a profile."""

    ids: tuple[str, ...] | None = None
    search: str = ""
    profile: str = ""


@frozen
class UserPage:
    """A page of the users list; ``next`` is given back as ``after`` for the following one."""

    lines: tuple[UserLine, ...]
    next: str | None
