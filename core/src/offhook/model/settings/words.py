"""The words that settings are made of."""

from typing import Any, Literal, get_args

Mode = Literal["default", "forced", "locked"]
MODES: tuple[Mode, ...] = get_args(Mode)

# Settings of one kind, as documentation and forms show them.
GROUPS = {
    "general": "The client",
    "pbx": "At the PBX",
    "gateway": "At the border gateway",
    "analytics": "Performance analytics",
    "deployment": "The deployment itself",
}
CODECS = ("g722", "g722.1", "g729", "opus", "pcma", "pcmu")
TRANSPORTS = ("tls", "tcp", "udp")
SRTP_MODES = ("off", "optional", "mandatory")
CA_TYPES = ("public", "vendor", "custom")
VIDEO_RATES = (128, 192, 384, 512, 768, 1024, 1536)
EMERGENCY_NUMBERS = ("000", "110", "111", "112", "113", "117", "118", "119", "911", "999")
# What is dialled in an emergency: ITU-T E.161.1 recommends 112 and 911, the others are national.
REGIONS = {
    "all": EMERGENCY_NUMBERS,
    "au": ("000", "112"),
    "ch": ("112", "117", "118"),
    "de": ("110", "112"),
    "eu": ("112",),
    "jp": ("110", "118", "119"),
    "na": ("911", "112"),
    "nz": ("111", "112"),
    "uk": ("999", "112"),
}
LIFETIMES = {
    "30min": 1800,
    "1h": 3600,
    "2h": 7200,
    "4h": 14400,
    "8h": 28800,
    "12h": 43200,
    **{f"{days}d": days * 86400 for days in (1, 2, 3)},
    **{f"{weeks}w": weeks * 604800 for weeks in range(1, 7)},
}


def choices(options: tuple[str, ...]) -> dict[str, Any]:
    """Return what describes a setting that is one of *options*, whatever its case."""
    return {"choices": options, "read": lambda text: text.strip().lower()}
