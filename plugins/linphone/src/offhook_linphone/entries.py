"""What a configuration document becomes for Linphone: the entries of each setting and account."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from offhook.api import (
    Account,
    ConfigDocument,
    DeviceLink,
    InvalidInput,
    Lost,
    Problem,
    Secret,
    SettingValue,
)
from offhook_linphone.lpconfig import (
    Lpconfig,
    line,
    named_address,
    objection,
    server_address,
    sip_address,
)

Entry = tuple[str, str, str]
Entries = Callable[[Any], Iterable[Entry]]


def keys(section: str, **texts: Callable[[Any], str]) -> Entries:
    """Return what makes of a setting's value one entry of *section* for each key."""
    return lambda value: [(section, key, text(value)) for key, text in texts.items()]


def flag(value: Any) -> str:
    """Return 1 for yes, 0 for no."""
    return "1" if value else "0"


def flag_for(choice: str) -> Callable[[Any], str]:
    """Return what makes 1 of *choice* and 0 of everything else."""
    return lambda value: flag(value == choice)


def audio_codecs(preferred: str) -> Iterator[Entry]:
    """Yield the codecs, the preferred one first and the others enabled behind it."""
    for index, name in enumerate(sorted(CODECS, key=lambda name: name != preferred)):
        section, (mime, rate, channels) = f"audio_codec_{index}", CODECS[name]
        yield section, "mime", mime
        yield section, "rate", rate
        yield section, "channels", channels
        yield section, "enabled", "1"
        # What another codec left behind under this number would be taken for this one's.
        yield section, "recv_fmtp", ""
        yield section, "bitrate", ""


CODECS = {
    "opus": ("opus", "48000", "2"),
    "g722": ("G722", "8000", "1"),
    "pcma": ("PCMA", "8000", "1"),
    "pcmu": ("PCMU", "8000", "1"),
    "g729": ("G729", "8000", "1"),
}
SRTP: Entries = keys(
    "sip",
    media_encryption=lambda srtp: "none" if srtp == "off" else "srtp",
    media_encryption_mandatory=flag_for("mandatory"),
)
SETTINGS: Mapping[str, Entries] = {
    "audio_codec": audio_codecs,
    "call_mode": keys("video", automatically_initiate=flag_for("video")),
    "dscp_audio": keys("rtp", audio_dscp=hex),
    "dscp_sip": keys("sip", dscp=hex),
    "dscp_video": keys("rtp", video_dscp=hex),
    "dtmf": keys("sip", use_rfc2833=flag_for("rfc4733"), use_info=flag_for("sip-info")),
    # Linphone cannot switch the detection off, and takes 0 for "at once": a day is never.
    "rtp_timeout_detection": keys("rtp", nortp_timeout=lambda on: "5" if on else "86400"),
    "verify_tls": keys("sip", verify_server_certs=flag, verify_server_cn=flag),
}
IN_ACCOUNTS = frozenset(
    {
        *("use_softphone", "pbx_host", "sip_transport", "sip_port", "srtp_mode"),
        *("use_teleworker", "gateway_host", "gateway_transport", "gateway_port"),
        *("gateway_srtp_mode", "gateway_srv", "voicemail_number"),
    }
)
_FOR_OTHERS = frozenset({"webrtc_host"})  # of web clients

_LOCKED = "Linphone locks nothing: the user can change it, until the phone fetches again"
_LOST = {
    "emergency_numbers": "Linphone knows no emergency numbers: it dials them like any other, "
    "so the PBX has to route them"
}
_WRITTEN_EARLY = frozenset({"audio_codec", "rtp_timeout_detection"})
_TOO_LATE = (
    "a default reaches only phones that were never started: at its first start Linphone writes "
    "down its own value and keeps it; use forced"
)
_ONE_SRTP = "Linphone has one SRTP mode for all accounts: that of the first one is used"
_OWN_CA = (
    "Linphone verifies with the authorities on the device: this one's certificate has to be "
    "installed there"
)
_UNKNOWN = "this version of offhook-linphone does not know the setting"


def refuse_unusable(document: ConfigDocument, device: DeviceLink) -> None:
    """Raise `InvalidInput` naming every text that an lpconfig cannot carry."""
    texts: list[tuple[str, str | Secret]] = [("device address", device.url)]
    for account in document.accounts:
        login = account.credentials
        texts += [
            ("display name", account.display_name),
            (f"{login.side} host", login.host),
            (f"{login.side} user name", login.username),
            (f"{login.side} password", login.password),
        ]
    voicemail = document.settings.get("voicemail_number")
    texts += [("voicemail_number", voicemail.value)] if voicemail else []
    problems = [problem for name, text in texts if (problem := _problem(name, text))]
    if problems:
        who = document.number or document.display_name or document.user_id
        raise InvalidInput(
            f"The configuration of {who!r} cannot be written for Linphone:",
            problems,
            hint="Correct the user's data, then deploy again.",
        )


def put_fetching(config: Lpconfig, device: DeviceLink) -> None:
    """Tell the phone to ask at every start at the device's own address, or never again."""
    config.put("misc", "transient_provisioning", flag(device.once))
    if not device.once:
        config.put("misc", "config-uri", device.url.reveal())


def put_accounts(config: Lpconfig, document: ConfigDocument) -> None:
    """Add every account, the first one being what the phone dials with."""
    if document.accounts:
        config.put("sip", "default_proxy", "0")
        for section, key, text in SRTP(document.accounts[0].srtp):
            config.put(section, key, text)
    for index, account in enumerate(document.accounts):
        _put_account(config, index, account)
        voicemail = document.settings.get("voicemail_number")
        if voicemail:
            host = account.credentials.host
            address = sip_address(voicemail.value, host) if voicemail.value else ""
            config.put(f"proxy_{index}", "voicemail_uri", address, overwrite=_binds(voicemail))


def take_off(config: Lpconfig, indices: Iterable[int]) -> None:
    """Remove the accounts of these indices and their passwords; the phone may not have them."""
    for index in indices:
        config.put(f"proxy_{index}", "reg_sendregister", "0")
        for key in ("reg_proxy", "reg_route", "reg_identity", "voicemail_uri"):
            config.put(f"proxy_{index}", key, "")
        for key in ("username", "userid", "domain", "passwd", "ha1", "realm", "algorithm"):
            config.put(f"auth_info_{index}", key, "")


def put_settings(config: Lpconfig, document: ConfigDocument) -> tuple[Lost, ...]:
    """Add what the table says of every setting; return what gets lost, one line for each."""
    lost = []
    for name, setting in document.settings.items():
        reason = _loss(name, setting, document)
        if reason:
            lost.append(Lost(name, reason))
        if name in SETTINGS and (name != "audio_codec" or setting.value in CODECS):
            for section, text in _lines(name, setting.value, _binds(setting)):
                config.add(section, text)
    return tuple(lost)


@lru_cache(maxsize=1000)
def _lines(name: str, value: Any, overwrite: bool) -> tuple[tuple[str, str], ...]:
    """Return the entries of a setting as sections and texts: the same for many users."""
    return tuple(
        (section, line(key, text, overwrite=overwrite))
        for section, key, text in SETTINGS[name](value)
        if text or overwrite
    )


def _put_account(config: Lpconfig, index: int, account: Account) -> None:
    login = account.credentials
    server = server_address(login.host, account.port, account.transport)
    address = sip_address(login.username, login.host)
    proxy, auth_info = f"proxy_{index}", f"auth_info_{index}"
    config.put(proxy, "reg_proxy", server)
    config.put(proxy, "reg_route", server)
    config.put(proxy, "reg_identity", named_address(account.display_name, address))
    config.put(proxy, "reg_sendregister", "1")
    config.put(auth_info, "username", login.username)
    config.put(auth_info, "userid", login.username)
    config.put(auth_info, "domain", login.host)
    config.put(auth_info, "passwd", login.password.reveal())
    # The phone keeps a hash instead of the password as soon as it knows the realm, and goes on
    # using it: without these a new password, realm or algorithm would never arrive.
    for key in ("ha1", "realm", "algorithm"):
        config.put(auth_info, key, "")


def _loss(name: str, setting: SettingValue, document: ConfigDocument) -> str:
    if name in _LOST:
        return _LOST[name]
    if name == "audio_codec" and setting.value not in CODECS:
        return f"Linphone has no {setting.value}: the phone keeps its own order of codecs"
    if name == "gateway_ca":
        return "" if setting.value == "public" else _OWN_CA
    if name not in SETTINGS and name not in IN_ACCOUNTS | _FOR_OTHERS:
        return _UNKNOWN
    if any(
        _srtp_setting(other) == name and other.srtp != document.accounts[0].srtp
        for other in document.accounts[1:]
    ):
        return _ONE_SRTP
    if setting.mode == "default" and name in _WRITTEN_EARLY:
        return _TOO_LATE
    return _LOCKED if setting.mode == "locked" else ""


def _srtp_setting(account: Account) -> str:
    return "srtp_mode" if account.credentials.side == "pbx" else "gateway_srtp_mode"


def _binds(setting: SettingValue) -> bool:
    return setting.mode != "default"


def _problem(name: str, text: str | Secret) -> Problem | None:
    reason = objection(text.reveal() if isinstance(text, Secret) else text)
    return Problem(name, str(text)[:60], reason) if reason else None
