"""What client formats share: texts that cannot be written are refused, what gets lost is named."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from attrs import Factory, frozen

from offhook.errors import InvalidInput, Problem
from offhook.model.described import describe
from offhook.model.documents import ConfigDocument, DeviceLink, Lost, SettingValue
from offhook.model.secrets import Secret
from offhook.model.settings import Settings, at_both_sides

Objection = Callable[[str], str]

_DEFAULTS = describe(Settings)
_IN_ACCOUNTS = at_both_sides(
    dict.fromkeys(("pbx_host", "pbx_srv", "sip_transport", "sip_port", "srtp_mode"), "")
).keys() | {"use_softphone", "use_teleworker"}
_BESIDE_OTHERS = frozenset(
    {"mpa_ca_type", "mpa_port", "mpa_transport", "office_number_pause", "webrtc_host"}
)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 4000  # characters
_ALWAYS = {
    "emergency_numbers": "{client} is told no emergency numbers: it dials them like any other, so "
    "the PBX has to route them",
    "rtp_timeout_detection": "{client} is not told: a call whose audio stops goes on until "
    "somebody hangs up",
    **at_both_sides(
        {
            "audio_codec": "{client} is not told: it offers its codecs in its own order",
            "dscp_audio": "{client} is not told: mark its audio in the network",
            "dscp_sip": "{client} is not told: mark its signalling in the network",
            "dscp_video": "{client} is not told: mark its video in the network",
            "verify_tls": "{client} is not told: whether it verifies the SIP server is up to it",
        }
    ),
}
_NO_AUTHORITY = (
    "{client} takes no authority from a configuration: its certificate has to be on the device"
)
_WHERE_SET = {
    "allow_clir": "{client} is not told: whether a number can be hidden is up to it",
    "call_mode": "{client} is not told: its users start the video",
    "client_service_host": "{client} has no account at such a server",
    "conference_code": "{client} does not know it: its users dial it by hand",
    "custom_ca": _NO_AUTHORITY,
    "log_level": "{client} is not told: its users switch its log on",
    "log_upload": "{client} sends its log to nobody: its users mail it",
    "mpa_host": "{client} reports no call quality to it",
    "office_number": "{client} makes no native calls: the number is not used",
    "prefer_mobile_network": "{client} calls over the network that the device has",
    "vendor_ca": _NO_AUTHORITY,
    "voicemail_number": "{client} is not told: its users dial it by hand",
    **at_both_sides(
        {
            "ca_type": "{client} verifies with the authorities on the device: this one's "
            "certificate has to be there",
            "dtmf": "{client} is not told: how it sends digits is up to it",
            "realm": "{client} takes no hash: it gets the password itself",
            "video_rx_rate": "{client} is not told: it asks for the video that it likes",
            "video_tx_rate": "{client} is not told: it sends the video that it likes",
        }
    ),
}


@frozen(kw_only=True)
class Losses:
    """
    What one kind of client cannot do with settings, and what that means for its users.

    ``told`` are the settings that the format writes, besides those that stand in accounts; for
    these ``default`` and ``locked`` say why a mode cannot be kept, empty where it can. ``always``
    and ``where_set`` (lost unless at the built-in default) replace sentences that hold for most
    clients. ``{client}`` in a sentence is the client's name.
    """

    client: str
    told: Collection[str] = ()
    default: str = ""
    locked: str = ""
    always: Mapping[str, str] = Factory(dict)
    where_set: Mapping[str, str] = Factory(dict)

    def of(self, document: ConfigDocument, **special: str) -> tuple[Lost, ...]:
        """Return what of *document* is lost; *special* are reasons found in it, by setting."""
        return tuple(
            Lost(name, reason.format(client=self.client))
            for name, setting in document.settings.items()
            if (reason := special.get(name, "") or self._reason(name, setting))
        )

    def _reason(self, name: str, setting: SettingValue) -> str:
        if name in self.always:
            return self.always[name]
        if name in self.told:
            return {"default": self.default, "locked": self.locked}.get(setting.mode, "")
        where_set = self.where_set.get(name) or _WHERE_SET.get(name, "")
        if where_set:
            return "" if setting.value == _DEFAULTS[name].default else where_set
        if name in _ALWAYS:
            return _ALWAYS[name]
        known = name in _IN_ACCOUNTS or name in _BESIDE_OTHERS
        return "" if known else "this version of the plugin does not know the setting"


def refuse_unusable(
    document: ConfigDocument,
    device: DeviceLink,
    objection: Objection,
    *,
    client: str,
    settings: Sequence[str] = (),
) -> None:
    """
    Raise `InvalidInput` naming every text that *objection* has something against.

    Asked are names, hosts, user names, passwords, the device's address, and these *settings*.
    """
    texts: list[tuple[str, str | Secret]] = [("device address", device.url)]
    for account in document.accounts:
        login = account.credentials
        texts += [
            ("display name", account.display_name),
            (f"{login.side} host", login.host),
            (f"{login.side} user name", login.username),
            (f"{login.side} password", login.password),
        ]
    told = document.settings
    texts += [(name, told[name].value) for name in settings if name in told]
    problems = [problem for name, text in texts if (problem := _problem(name, text, objection))]
    if problems:
        raise InvalidInput(
            f"The configuration of {document.whose!r} cannot be written for {client}:",
            problems,
            hint="Correct it in the profile or the user's data, then deploy again.",
        )


def not_text(value: str) -> str:
    """Return why *value* cannot stand in a text in UTF-8, or an empty text."""
    return _unusable(value, _NO_TEXT, "no text can hold")


def not_xml(value: str) -> str:
    """Return why *value* cannot stand in XML 1.0, or an empty text."""
    return _unusable(value, _NO_XML, "XML cannot carry")


def at_host(host: str, port: int = 0) -> str:
    """Return ``host:port``, without a port that is 0; an address of IPv6 in brackets."""
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{shown}:{port}" if port else shown


def _unusable(value: str, characters: re.Pattern[str], reason: str) -> str:
    found = characters.search(value)
    if found:
        return f"holds the character U+{ord(found[0]):04X}, which {reason}"
    return f"is longer than {_LONGEST} characters" if len(value) > _LONGEST else ""


def _problem(name: str, text: str | Secret, objection: Objection) -> Problem | None:
    reason = objection(text.reveal() if isinstance(text, Secret) else text)
    return Problem(name, str(text)[:60], reason) if reason else None
