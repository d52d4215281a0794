"""What a client is told, before and after it is bytes."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import Factory, frozen

from offhook.model.secrets import Secret
from offhook.model.settings import Mode

Side = Literal["pbx", "gateway"]


@frozen(kw_only=True)
class Credentials:
    """What a client registers with: ``host`` and user of the PBX or of the gateway."""

    side: Side
    host: str
    username: str
    password: Secret


@frozen(kw_only=True)
class Account:
    """
    One SIP account of a client; ``srtp`` is off, optional or mandatory.

    ``port`` is 0 where the client is to look up host and port by DNS SRV (RFC 3263). Where
    ``realm`` is known, HA1 can stand for the password: MD5 of username, realm and password.
    """

    credentials: Credentials
    display_name: str
    transport: str
    port: int
    srtp: str
    realm: str = ""

    @property
    def ha1(self) -> str:
        """HA1 of RFC 2617, with MD5; empty where the realm is not known."""
        login = self.credentials
        text = f"{login.username}:{self.realm}:{login.password.reveal()}".encode()
        return hashlib.md5(text, usedforsecurity=False).hexdigest() if self.realm else ""


@frozen
class SettingValue:
    """A setting's value and how it binds the client."""

    value: Any
    mode: Mode


@frozen(kw_only=True)
class ConfigDocument:
    """Everything that a client is told; ``settings`` holds only those that apply."""

    user_id: str
    display_name: str
    number: str
    accounts: tuple[Account, ...]
    settings: Mapping[str, SettingValue]

    @property
    def whose(self) -> str:
        """Whose it is, for sentences: number, name, or the user's id."""
        return self.number or self.display_name or self.user_id


@frozen(kw_only=True)
class DeviceLink:
    """
    The device's own address for refreshes, with its token in it; ``once``: do not ask again.

    ``interval`` is after how many minutes a running client is to ask again, 0 where its starts are
    enough. ``accounts_before`` is how many accounts it may hold from earlier documents. Those from
    ``len(document.accounts)`` up to it are to be taken off, passwords included. ``logs`` is where
    the client may send its log (POST, text or gzip).
    """

    url: Secret
    token: Secret
    once: bool
    interval: int = 0
    accounts_before: int = 0
    logs: Secret | None = None


@frozen
class Lost:
    """A setting that a format cannot express, and what that means for the user."""

    setting: str
    reason: str


@frozen(kw_only=True)
class RenderedConfig:
    """Bytes for one kind of client, and what got lost on the way."""

    body: bytes
    content_type: str
    lost: tuple[Lost, ...] = ()


@frozen(kw_only=True)
class ClientRequest:
    """What a format may look at in a request: query and form fields, headers in lower case."""

    fields: Mapping[str, str]
    headers: Mapping[str, str]


@frozen
class Sign:
    """What a request showed: the token as typed or scanned, and the client's own device id."""

    token: str
    device_id: str = ""


@frozen
class Refusal:
    """How a format words a refusal: the same for every reason."""

    status: int
    content_type: str
    body: bytes


def identify_by_token(request: ClientRequest) -> Sign | None:
    """Read ``token`` and ``device`` from query or form: what most formats need."""
    token = request.fields.get("token", "")
    return Sign(token, request.fields.get("device", "")) if token else None


@frozen(kw_only=True)
class ClientFormat:
    """
    One kind of client, announced by a plugin.

    ``version`` grows when the bytes for the same document change. ``deep_link`` makes the link that
    opens the installed app from the address of a configuration. ``stores`` are the default download
    addresses of the app, by the names that the mail's placeholders use: appstore, playstore,
    microsoftstore, bbworld, appstore_mac, winpc. ``signs_in`` says that the app knows its server
    and neither scans nor opens a link: its user types a name, and the code as the password.
    ``managed`` makes what an MDM hands to the app, by the app's keys, of an address that stays good
    and the certificates of one's own authority (PEM, or empty).
    ``next_document`` makes what names another address to a client that asks a redirect service;
    ``follows`` says that it asks there at once, by itself.
    """

    name: str
    label: str
    version: int
    content_type: str
    deep_link: Callable[[str], str]
    identify: Callable[[ClientRequest], Sign | None] = identify_by_token
    refusal: Refusal = Refusal(404, "text/plain; charset=utf-8", b"Not available.\n")
    stores: Mapping[str, str] = Factory(dict)
    signs_in: bool = False
    managed: Callable[[str, str], Mapping[str, str]] | None = None
    next_document: Callable[[str], bytes] | None = None
    follows: bool = False
