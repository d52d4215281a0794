"""Core's own plugin: any SIP PBX, and the offhook JSON format that tells a client everything."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from offhook.api import (
    CODECS,
    Account,
    ClientFormat,
    ConfigDocument,
    DeviceLink,
    InvalidInput,
    PbxType,
    Problem,
    RenderedConfig,
    hookimpl,
)

SCHEMA_VERSION = 1  # of schemas/config-v1.schema.json
CONTENT_TYPE = "application/vnd.offhook.config+json"


@hookimpl
def pbx_type() -> PbxType:
    """Any PBX whose users come from files or by hand."""
    return PbxType(name="generic", label="Generic SIP PBX", codecs=CODECS)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """One format, ours."""
    return [
        ClientFormat(
            name="offhook",
            label="offhook JSON",
            version=1,
            content_type=CONTENT_TYPE,
            deep_link=lambda address: "offhook://" + address.removeprefix("https://"),
            next_document=next_document,
            follows=True,
        )
    ]


def next_document(address: str) -> bytes:
    """Return what tells a client to ask at *address* at once."""
    content = {"format": "offhook-next", "version": SCHEMA_VERSION, "url": address}
    return json.dumps(content, separators=(",", ":")).encode()


@hookimpl
def render(document: ConfigDocument, device: DeviceLink) -> RenderedConfig:
    """Render everything; this format loses nothing."""
    content = _content(document, device)
    _refuse_impossible(content)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return RenderedConfig(body=text.encode(), content_type=CONTENT_TYPE)


def _content(document: ConfigDocument, device: DeviceLink) -> dict[str, Any]:
    content = {
        "format": "offhook",
        "version": SCHEMA_VERSION,
        "user": {"display_name": document.display_name, "number": document.number},
        "accounts": [_account(each) for each in document.accounts],
        "settings": {
            name: {"value": setting.value, "mode": setting.mode}
            for name, setting in document.settings.items()
        },
        "refresh": {
            "url": device.url.reveal(),
            "once": device.once,
            "interval": device.interval,
        },
    }
    return content | ({"logs": {"url": device.logs.reveal()}} if device.logs else {})


def _account(account: Account) -> dict[str, Any]:
    login = account.credentials
    told: dict[str, Any] = {
        "side": login.side,
        "host": login.host,
        "port": account.port,
        "transport": account.transport,
        "srtp": account.srtp,
        "display_name": account.display_name,
        "username": login.username,
    }
    if account.realm:
        return told | {"realm": account.realm, "ha1": account.ha1, "algorithm": "MD5"}
    return told | {"password": login.password.reveal()}


def _refuse_impossible(content: Mapping[str, Any]) -> None:
    """Refuse texts that no client could hold; JSON itself would let them pass."""
    problems = [
        Problem(field, "****", "holds a NUL or half a character; enter it again")
        for field, text in _texts(content, "")
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
    ]
    if problems:
        raise InvalidInput("The configuration cannot be written:", problems)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _texts(each, f"{path}[{index}]")
