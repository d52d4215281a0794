"""What settings become for baresip, lines and parameters of accounts, and what gets lost."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from offhook.api import ConfigDocument, Losses, Lost, at_both_sides

CODECS = {
    "opus": "opus/48000/2",
    "g722": "g722/16000/1",
    "pcma": "pcma/8000/1",
    "pcmu": "pcmu/8000/1",
}
SRTP = {"optional": "srtp", "mandatory": "srtp-mand"}
PUBLIC_CAS = "/etc/ssl/certs/ca-certificates.crt"  # where Debian keeps them
OWN_CA = "ca.pem"


def codecs(preferred: str) -> str:
    """Return the codecs, the preferred one first; nothing where baresip lacks it."""
    if preferred not in CODECS:
        return ""
    others = (text for name, text in CODECS.items() if name != preferred)
    return ",".join([CODECS[preferred], *others])


def tos(dscp: int) -> str:
    """Return a DSCP as the whole byte of the IP header (RFC 2474): its upper six bits."""
    return str(dscp << 2)


ACCOUNT, CONFIG = "account", "config"
TABLE: Mapping[str, tuple[str, str, Callable[[Any], str]]] = at_both_sides(
    {
        "audio_codec": (ACCOUNT, "audio_codecs", codecs),
        "ca_type": (CONFIG, "sip_cafile", lambda of: PUBLIC_CAS if of == "public" else OWN_CA),
        "dscp_audio": (CONFIG, "rtp_tos", tos),
        "dscp_sip": (CONFIG, "sip_tos", tos),
        "dscp_video": (CONFIG, "rtp_video_tos", tos),
        "dtmf": (ACCOUNT, "dtmfmode", {"rfc4733": "rtpevent", "sip-info": "info"}.__getitem__),
        "rtp_timeout_detection": (CONFIG, "rtp_timeout", lambda on: "5" if on else "0"),
        "verify_tls": (CONFIG, "sip_verify_server", lambda on: "yes" if on else "no"),
        "video_tx_rate": (CONFIG, "video_bitrate", lambda rate: str(rate * 1000)),
    }
)
LOSSES = Losses(
    client="baresip",
    told=(*TABLE, "custom_ca", "vendor_ca"),
    default="every fetch sets it again: what the user has changed does not survive",
    locked="baresip locks nothing: the user can change it, until the next fetch",
)
_NO_CODEC = "{client} has no such codec: it offers its own in their order"
_UNVERIFIED = (
    "baresip 1.0, Debian 12's, verifies no certificate, whatever it is told: use a newer one"
)
_NO_AUTHORITY = "no certificate of that authority is set: newer versions refuse every PBX"


def parameters(document: ConfigDocument) -> list[str]:
    """Return what stands in every account, ``dtmfmode=info``."""
    return [f"{key}={text}" for key, text in _told(document, ACCOUNT)]


def config_lines(document: ConfigDocument) -> list[str]:
    """Return the lines for baresip's ``config``; of two with one key it takes the first."""
    lines = [f"{key} {text}" for key, text in _told(document, CONFIG)]
    if any(account.srtp in SRTP for account in document.accounts):
        lines.append("module srtp.so")  # without it baresip leaves encryption out
    return lines


def authority(document: ConfigDocument) -> str:
    """Return the certificate of the authority that the PBX or gateway needs, in PEM, or nothing."""
    settings = document.settings
    texts = [settings[name].value for name in ("custom_ca", "vendor_ca") if name in settings]
    return "".join(texts)


def losses(document: ConfigDocument) -> tuple[Lost, ...]:
    """Return what gets lost, one line for each setting."""
    special = {}
    for name, setting in document.settings.items():
        key = TABLE[name][1] if name in TABLE else ""
        if key == "audio_codecs" and not codecs(setting.value):
            special[name] = _NO_CODEC
        elif key == "sip_verify_server" and setting.value:
            special[name] = _UNVERIFIED
        elif key == "sip_cafile" and setting.value != "public" and not authority(document):
            special[name] = _NO_AUTHORITY
    return LOSSES.of(document, **special)


def _told(document: ConfigDocument, part: str) -> Iterator[tuple[str, str]]:
    """Yield keys and texts; a file that is not there would keep baresip from starting."""
    for name, (where, key, text) in TABLE.items():
        if where == part and name in document.settings:
            told = text(document.settings[name].value)
            if told and (told != OWN_CA or authority(document)):
                yield key, told
