"""What Linphone cannot do with a setting, and what that means for the user."""

from collections.abc import Collection

from offhook.api import Account, ConfigDocument, Settings, SettingValue, at_both_sides, describe
from offhook_linphone.codecs import CODECS

IN_ACCOUNTS = at_both_sides(
    dict.fromkeys(("pbx_host", "pbx_srv", "sip_transport", "sip_port", "srtp_mode", "realm"), "")
).keys() | {"use_softphone", "use_teleworker", "voicemail_number"}

_LOCKED = "Linphone locks nothing: the user can change it, until the phone fetches again"
_LOST = {
    "emergency_numbers": "Linphone knows no emergency numbers: it dials them like any other, "
    "so the PBX has to route them"
}
# Lost only where somebody has set it.
_UNKNOWN_THERE = {
    "allow_clir": "Linphone lets the user hide the number anyway",
    "client_service_host": "Linphone has no account at such a server",
    "conference_code": "Linphone starts conferences by itself: users dial the code by hand",
    "custom_ca": "Linphone takes no authority from a configuration: it has to be installed on the "
    "device",
    "log_level": "Linphone's log is switched on by the user",
    "mpa_host": "Linphone reports no call quality to it",
    "office_number": "Linphone makes no native calls: the number is not used",
    "vendor_ca": "Linphone takes no authority from a configuration: it has to be installed on the "
    "device",
    "prefer_mobile_network": "Linphone calls over the network that the device has",
    **at_both_sides(
        {
            "ca_type": "Linphone verifies with the authorities on the device: this one's "
            "certificate has to be installed there",
            "video_rx_rate": "Linphone asks for the video that its bandwidth allows",
            "video_tx_rate": "Linphone sends the video that its bandwidth allows",
        }
    ),
}
_CODEC = frozenset({"audio_codec", "gateway_audio_codec"})
_WITH_OTHERS = frozenset({"mpa_ca_type", "mpa_port", "mpa_transport", "office_number_pause"})
_FOR_OTHERS = frozenset({"webrtc_host"})  # of web clients
_WRITTEN_EARLY = frozenset({"audio_codec", "gateway_audio_codec", "rtp_timeout_detection"})
_TOO_LATE = (
    "a default reaches only phones that were never started: at its first start Linphone writes "
    "down its own value and keeps it; use forced"
)
_DEFAULTS = describe(Settings)
_ONE_SRTP = "Linphone has one SRTP mode for all accounts: that of the first one is used"
_UNKNOWN = "this version of offhook-linphone does not know the setting"


def loss(name: str, setting: SettingValue, document: ConfigDocument, known: Collection[str]) -> str:
    """Return what of *setting* is lost, or nothing; *known* are those with entries."""
    if name in _LOST:
        return _LOST[name]
    if name in _CODEC and setting.value not in CODECS:
        return f"Linphone has no {setting.value}: the phone keeps its own order of codecs"
    if name in _UNKNOWN_THERE:
        return "" if setting.value == _DEFAULTS[name].default else _UNKNOWN_THERE[name]
    if name not in known and name not in IN_ACCOUNTS | _FOR_OTHERS | _WITH_OTHERS:
        return _UNKNOWN
    first, *others = document.accounts or (None,)
    if first and name == _srtp_setting(first) and any(o.srtp != first.srtp for o in others):
        return _ONE_SRTP
    if setting.mode == "default" and name in _WRITTEN_EARLY:
        return _TOO_LATE
    return _LOCKED if setting.mode == "locked" else ""


def _srtp_setting(account: Account) -> str:
    return "srtp_mode" if account.credentials.side == "pbx" else "gateway_srtp_mode"
