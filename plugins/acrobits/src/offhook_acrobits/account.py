"""What a configuration document becomes for Acrobits: the elements of one account."""

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from offhook.api import (
    Account,
    ConfigDocument,
    DeviceLink,
    InvalidInput,
    Losses,
    Lost,
    at_both_sides,
    at_host,
)

# Payload types: RFC 3551 has fixed numbers for these, and the app names codecs by number.
CODECS = {"g722": "9", "pcma": "8", "pcmu": "0", "g729": "18"}
TRANSPORTS = {"tls": "tls+sip:", "tcp": "tcp", "udp": "udp"}
SDES = {"off": "disabled", "optional": "enabled", "mandatory": "required"}
# An empty one would be a value, too; without it the app keeps its own.
LEFT_OUT = frozenset({"codecOrder", "codecOrder3G", "extProvInterval"})
DTMF = {"rfc4733": "rfc2833,info,audio", "sip-info": "info,rfc2833,audio"}

ACCOUNT: Mapping[str, Callable[[Account], str]] = {
    "title": lambda account: account.display_name or account.credentials.username,
    "username": lambda account: account.credentials.username,
    "authUsername": lambda account: account.credentials.username,
    "password": lambda account: account.credentials.password.reveal(),
    "userDisplayName": lambda account: account.display_name,
    "host": lambda account: at_host(account.credentials.host, account.port),
    "transport": lambda account: TRANSPORTS[account.transport],
    "sdesIncoming": lambda account: SDES[account.srtp],
    "sdesOutgoing": lambda account: SDES[account.srtp],
}


def codec_order(preferred: str) -> str:
    """Return the codecs by number, the preferred one first; empty for one without number."""
    ordered = sorted(CODECS, key=lambda name: name != preferred)
    return ",".join(CODECS[name] for name in ordered) if preferred in CODECS else ""


SETTINGS: Mapping[str, Mapping[str, Callable[[Any], str]]] = at_both_sides(
    {
        "audio_codec": {"codecOrder": codec_order, "codecOrder3G": codec_order},
        "dtmf": {"dtmfOrder": DTMF.__getitem__},
        "voicemail_number": {"voiceMailNumber": str},
    }
)
LOSSES = Losses(
    client="Acrobits",
    told=SETTINGS,
    default="Acrobits takes over every value that it is sent: what its user changed is set back "
    "when it asks again",
    locked="Acrobits locks nothing: the user can change it, until the app asks again",
    where_set=at_both_sides(
        {
            "pbx_srv": "Acrobits is not told to ask DNS SRV: it looks for the host itself, at the "
            "usual port"
        }
    ),
)
_NOT_VERIFIED = (
    "Acrobits' own apps decide by themselves; a MicroSIP build ignores every fault of a "
    "certificate, in its download, too: somebody in between can read the password"
)


def refuse_without_account(document: ConfigDocument) -> None:
    """Raise `InvalidInput` where there is nothing to register: an account XML is an account."""
    if not document.accounts:
        raise InvalidInput(
            f"The configuration of {document.whose!r} cannot be written for Acrobits: "
            "it has no account.",
            hint="Switch use_softphone on, or choose another client format.",
        )


def account_xml(document: ConfigDocument, device: DeviceLink) -> bytes:
    """Return the first account, with what the app signs in with from then on."""
    account = document.accounts[0]
    elements = {
        "cloud_username": document.number or document.user_id,
        "cloud_password": device.token.reveal(),
        "extProvInterval": str(device.interval * 60) if device.interval else "",
        **{name: text(account) for name, text in ACCOUNT.items()},
    }
    for name, setting in document.settings.items():
        elements |= {key: text(setting.value) for key, text in SETTINGS.get(name, {}).items()}
    lines = (
        f"  <{name}>{_escaped(text)}</{name}>\n"
        for name, text in elements.items()
        if text or name not in LEFT_OUT
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<account>\n{"".join(lines)}</account>\n'.encode()
    )


def find_losses(document: ConfigDocument) -> tuple[Lost, ...]:
    """Return what gets lost, one line for each setting."""
    special = {}
    for name, setting in document.settings.items():
        if name.endswith("verify_tls") and setting.value:
            special[name] = _NOT_VERIFIED
        elif name.endswith("audio_codec") and setting.value not in CODECS:
            special[name] = f"Acrobits is told no {setting.value}: it keeps its own order of codecs"
    if len(document.accounts) > 1:
        special["use_teleworker"] = "Acrobits takes one account: only the first one is set up"
    return LOSSES.of(document, **special)


def _escaped(text: str) -> str:
    """Return *text* for an element; a parser would make line feeds of carriage returns."""
    return escape(text, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
