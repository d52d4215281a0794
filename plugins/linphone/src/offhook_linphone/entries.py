"""What a configuration document becomes for Linphone: the entries of each setting and account."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from offhook.api import CODECS as ALL_CODECS
from offhook.api import (
    Account,
    ConfigDocument,
    DeviceLink,
    Lost,
    SettingValue,
    at_both_sides,
)
from offhook_linphone.codecs import CODECS
from offhook_linphone.losses import found_in, losses
from offhook_linphone.lpconfig import (
    Lpconfig,
    line,
    named_address,
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


_NO_CODEC = frozenset(ALL_CODECS) - CODECS.keys()
SRTP: Entries = keys(
    "sip",
    media_encryption=lambda srtp: "none" if srtp == "off" else "srtp",
    media_encryption_mandatory=flag_for("mandatory"),
)
SETTINGS: Mapping[str, Entries] = at_both_sides(
    {
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
)
_LOSSES = losses(frozenset(SETTINGS))


def put_fetching(config: Lpconfig, device: DeviceLink) -> None:
    """Tell the phone to ask at every start at the device's own address, or never again."""
    config.put("misc", "transient_provisioning", flag(device.once))
    if not device.once:
        config.put("misc", "config-uri", device.url.reveal())
    if device.logs:
        config.put("misc", "log_collection_upload_server_url", device.logs.reveal())


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
    for name, setting in document.settings.items():
        if name in SETTINGS and setting.value not in _NO_CODEC:
            for section, text in _lines(name, setting.value, _binds(setting)):
                config.add(section, text)
    return _LOSSES.of(document, **found_in(document))


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
    for key, text in _secret(account).items():
        config.put(auth_info, key, text)


def _secret(account: Account) -> dict[str, str]:
    """
    Return the password, or its hash (RFC 2617) where the realm is known.

    The phone keeps a hash instead of the password as soon as it knows the realm, and goes on using
    it: what is empty here takes away what it has, so that new ones arrive.
    """
    if account.realm:
        return {"passwd": "", "ha1": account.ha1, "realm": account.realm, "algorithm": "MD5"}
    password = account.credentials.password.reveal()
    return {"passwd": password, "ha1": "", "realm": "", "algorithm": ""}


def _binds(setting: SettingValue) -> bool:
    return setting.mode != "default"
