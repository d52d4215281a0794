"""What Linphone cannot do with settings, and what that means for the user."""

from offhook.api import ConfigDocument, Losses, SettingValue, at_both_sides
from offhook_linphone.codecs import CODECS

_IN_ACCOUNTS = at_both_sides(
    dict.fromkeys(("sip_transport", "sip_port", "srtp_mode", "realm", "pbx_host", "pbx_srv"), "")
).keys() | {"voicemail_number", "log_upload", "use_softphone", "use_teleworker"}
_CODEC = at_both_sides({"audio_codec": ""}).keys()
_WRITTEN_EARLY = _CODEC | {"rtp_timeout_detection"}
_TOO_LATE = (
    "a default reaches only phones that were never started: at its first start Linphone writes "
    "down its own value and keeps it; use forced"
)
_ONE_SRTP = "Linphone has one SRTP mode for all accounts: that of the first one is used"


def losses(told: frozenset[str]) -> Losses:
    """Return what is lost of whatever is not *told* by entries of its own, or by accounts."""
    return Losses(
        client="Linphone",
        told=told | _IN_ACCOUNTS,
        locked="Linphone locks nothing: the user can change it, until the phone fetches again",
        where_set={
            "allow_clir": "Linphone lets the user hide the number anyway",
            "conference_code": "Linphone starts conferences by itself: users dial the code by hand",
        },
    )


def found_in(document: ConfigDocument) -> dict[str, str]:
    """Return what is lost of this very document, by setting."""
    special = {
        name: reason
        for name, setting in document.settings.items()
        if (reason := _of_value(name, setting))
    }
    if len({account.srtp for account in document.accounts}) > 1:
        side = document.accounts[0].credentials.side
        special["srtp_mode" if side == "pbx" else "gateway_srtp_mode"] = _ONE_SRTP
    return special


def _of_value(name: str, setting: SettingValue) -> str:
    if name in _CODEC and setting.value not in CODECS:
        return f"Linphone has no {setting.value}: the phone keeps its own order of codecs"
    return _TOO_LATE if setting.mode == "default" and name in _WRITTEN_EARLY else ""
