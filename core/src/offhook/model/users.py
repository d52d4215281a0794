"""Users: persons with a directory number whose softphone is deployed."""

# ruff: noqa: RUF009  each call makes a field of its own
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from attrs import frozen

from offhook.model.deployments import Deployment
from offhook.model.described import described
from offhook.model.rules import check_host, read_email, read_line, read_pin, read_secret
from offhook.model.secrets import Secret

# Who a client is to its own server: it keeps that until it is set up anew.
RESET_FIELDS = frozenset({"login", "client_service_username"})
_line = partial(described, default="", read=read_line)
_secret = partial(described, default=None, read=read_secret)


@frozen(kw_only=True)
class UserFields:
    """What an administrator may enter for a user, by hand or from a CSV file."""

    first_name: str = _line(label="First name", help="The user's first name.")
    last_name: str = _line(label="Last name", help="The user's last name.")
    number: str = _line(label="Directory number", help="The number in the PBX.")
    email: str = _line(label="E-mail", help="Who gets the link and the code.", read=read_email)
    pbx_host: str = _line(label="PBX SIP host", help="Empty: the profile's.", check=check_host)
    pbx_username: str = _line(
        label="PBX SIP user name", help="What the client registers as at the PBX."
    )
    pbx_password: Secret | None = _secret(
        label="PBX SIP password", help="What it registers with at the PBX."
    )
    gateway_username: str = _line(
        label="MBG SIP user name", help="What it registers as at the border gateway."
    )
    gateway_password: Secret | None = _secret(
        label="MBG SIP password", help="What it registers with at the gateway."
    )
    client_service_host: str = _line(
        label="Client service host", help="The client's own server.", check=check_host
    )
    client_service_username: str = _line(
        label="Client service user name", help="The account on the client's server."
    )
    client_service_password: Secret | None = _secret(
        label="Client service password", help="Its password."
    )
    pin: Secret | None = _secret(
        label="Deployment PIN",
        help="4 to 20 digits, asked after the scan; never in the mail.",
        read=read_pin,
    )


@frozen(kw_only=True)
class User(UserFields):
    """
    A person whose client is deployed; ``id`` is ours.

    ``profile`` is the profile's name. ``connection`` names the source, empty for users made by hand
    or from CSV. Of an imported user ``given`` names the fields that its source gives: they are
    read-only here; ``login`` is its user id there and ``role`` its role, ``gone_at`` is since when
    it is missing there, ``reset_at`` since when its client needs a factory reset; it ``waits``
    where a sync wants it deployed and it is not yet. ``revision`` grows with every change,
    ``force_count`` with every forced update.
    """

    id: str
    profile: str
    connection: str = ""
    source_key: str = ""
    login: str = ""
    role: str = ""
    given: tuple[str, ...] = ()
    gone_at: datetime | None = None
    reset_at: datetime | None = None
    waits: bool = False
    revision: int = 1
    force_count: int = 0
    created_at: datetime

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def key(self) -> str:
        """How people name the user, see `key_of`."""
        return key_of(self.id, self.connection, self.number)


def needs_reset(user: User, changes: Mapping[str, object]) -> bool:
    """Whether the user's client needs a factory reset after *changes*, by field."""
    return any(name in changes and getattr(user, name) for name in RESET_FIELDS)


def key_of(user_id: str, connection: str, number: str) -> str:
    """Return how people name a user: ``hq/1001``, ``1001``, or the id where there is no number."""
    if not number:
        return user_id
    return f"{connection}/{number}" if connection else number


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
    gone_at: datetime | None
    reset_at: datetime | None
    waits: bool
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
