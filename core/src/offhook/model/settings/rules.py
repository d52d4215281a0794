"""Rules for the values of single settings."""

import re

from offhook.model.settings.words import REGIONS, VIDEO_RATES

_DSCP_NAMES = {
    **{f"CS{number}": number * 8 for number in range(8)},
    **{f"AF{c}{d}": c * 8 + d * 2 for c in range(1, 5) for d in range(1, 4)},
    "EF": 46,
}


def read_dscp(text: str) -> int:
    """Return the code point 0 to 63 (RFC 2474) that *text*, a number or a name like EF, means."""
    name = text.strip().upper()
    if name in _DSCP_NAMES:
        return _DSCP_NAMES[name]
    if name.isdecimal() and int(name) <= 63:
        return int(name)
    raise ValueError("use a number from 0 to 63 or a name such as EF, AF41, CS3")


def read_rate(text: str) -> int:
    """Return the video rate in kbit/s that is nearest to the number in *text*; ties go down."""
    try:
        wanted = float(text.strip())
    except ValueError:
        wanted = 0.0
    if not 0 < wanted < float("inf"):
        raise ValueError("use a positive number of kbit/s")
    return min(VIDEO_RATES, key=lambda rate: (abs(rate - wanted), rate))


def read_numbers(text: str) -> tuple[str, ...]:
    """Return the emergency numbers in *text*, each once; a region stands for its own."""
    found: dict[str, None] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        found |= dict.fromkeys(REGIONS.get(part.lower(), (part,)))
    return tuple(found)


def check_numbers(value: str | tuple[str, ...]) -> None:
    """Refuse anything but numbers that a phone can dial; empty is nothing chosen."""
    numbers = value if isinstance(value, tuple) else tuple(filter(None, [value]))
    bad = [number for number in numbers if not re.fullmatch(r"[0-9*#+]{2,20}", number)]
    if bad:
        known = ", ".join(REGIONS) if isinstance(value, tuple) else ""
        regions = f", or regions: {known}" if known else ""
        raise ValueError(f"{', '.join(bad)}: use digits, * and #{regions}")
