"""Sample values for the tests of plugins: what core hands them, in plain and in awkward."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from offhook.api import (
    Account,
    ConfigDocument,
    Connection,
    Credentials,
    DeviceLink,
    Message,
    Secret,
    Settings,
    SettingValue,
    describe,
)

DEVICE_TOKEN = "d3v1c3-t0k3n-0123456789abcdefghijklmnopqrstu"

# Each of them broke some configuration format once.
HOSTILE_TEXTS = {
    "ampersand": "a&b &amp; c",
    "angles": "a<b>c</d> ]]> <!--",
    "double quote": 'a"b"',
    "single quote": "O'Neill's",
    "semicolon": "a;b;",
    "hash": "#a #b",
    "equals": "a=b==",
    "backslash": "a\\b\\n\\",
    "percent": "100%s%20%n%",
    "braces": "{a} {{b}} ${c}",
    "at, colon, slash": "a@b:c/d?e",
    "spaces": "  a  b ",
    "umlauts": "Jürgen Müßig",
    "Cyrillic": "Юлия Щёлокова",
    "emoji": "Zoë 👩🏽‍💻☎️",
    "right-to-left": "\u202eevil\u202c أحمد שלום",
    "long": "x" * 60,
}
LINE_BREAKS = {"newline": "a\nb", "carriage return": "a\r\nb"}
IMPOSSIBLE_TEXTS = {"NUL": "a\0b", "half a character": "a\ud800b"}


@frozen
class Seen:
    """One account as a client reads it from a rendered configuration."""

    username: str
    password: str
    display_name: str


def sample_account(
    side: str = "pbx",
    *,
    username: str = "2001",
    password: str = "s3cret-of-2001",  # noqa: S107
    display_name: str = "Ana Ruiz",
    host: str = "",
) -> Account:
    """Return an account at the PBX or the gateway, TLS with mandatory SRTP."""
    credentials = Credentials(
        side="gateway" if side == "gateway" else "pbx",
        host=host or f"{side}.example.org",
        username=username,
        password=Secret(password),
    )
    return Account(
        credentials=credentials,
        display_name=display_name,
        transport="tls",
        port=5061,
        srtp="mandatory",
    )


def sample_document(
    *accounts: Account,
    display_name: str = "Ana Ruiz",
    number: str = "2001",
    settings: Mapping[str, Any] | None = None,
) -> ConfigDocument:
    """
    Return a document with *accounts*, by default one at the PBX.

    It tells every setting that a client is ever told where its first account registers, at its
    built-in default and in its built-in mode; *settings* gives other values by name.
    """
    accounts = accounts or (sample_account(display_name=display_name),)
    sides, known = ("", accounts[0].credentials.side), describe(Settings)
    told = {n: each.default for n, each in known.items() if each.told and each.side in sides}
    values = told | dict(settings or {})
    return ConfigDocument(
        user_id="u-2001",
        display_name=display_name,
        number=number,
        accounts=accounts,
        settings={name: SettingValue(value, known[name].mode) for name, value in values.items()},  # type: ignore[arg-type]
    )


def sample_device(
    *, once: bool = False, accounts_before: int = 0, logs: bool = False
) -> DeviceLink:
    """Return the addresses of one device, which may hold accounts from before."""
    base = "https://phones.example.org"
    return DeviceLink(
        url=Secret(f"{base}/r/{DEVICE_TOKEN}"),
        token=Secret(DEVICE_TOKEN),
        once=once,
        accounts_before=accounts_before,
        logs=Secret(f"{base}/l/{DEVICE_TOKEN}") if logs else None,
    )


def sample_connection(plugin: str, options: Any) -> Connection[Any]:
    """Return a connection named "test" that *plugin* speaks for."""
    return Connection(id="c-test", name="test", plugin=plugin, options=options)


def sample_message(key: str = "m-1", *, to: str = "ana.ruiz@example.org") -> Message:
    """Return a mail to one user; *key* names it in handovers and receipts."""
    return Message(
        key=key,
        message_id=f"<{key}@phones.example.org>",
        to=to,
        subject="Your softphone",
        text="Scan the code.\n",
        html="<p>Scan the code.</p>",
    )
