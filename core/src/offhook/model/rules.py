"""Rules for single values: each reads a text or refuses a value with the reason."""

import ipaddress
import re
from collections.abc import Callable

_DSCP_NAMES = {
    **{f"CS{number}": number * 8 for number in range(8)},
    **{f"AF{c}{d}": c * 8 + d * 2 for c in range(1, 5) for d in range(1, 4)},
    "EF": 46,
}
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9_-]{1,63})*\.?", re.I
)


def read_dscp(text: str) -> int:
    """Return the code point 0 to 63 (RFC 2474) that *text*, a number or a name like EF, means."""
    name = text.strip().upper()
    if name in _DSCP_NAMES:
        return _DSCP_NAMES[name]
    if name.isdecimal() and int(name) <= 63:
        return int(name)
    raise ValueError("use a number from 0 to 63 or a name such as EF, AF41, CS3")


def check_host(value: str) -> None:
    """Refuse what is neither a host name nor an IP address; empty is nothing chosen."""
    if value and not is_address(value) and not _HOST.fullmatch(value):
        raise ValueError("use a host name or an IP address, without scheme and port")


def check_name(value: str) -> None:
    """Refuse what is not a host name, IP addresses included; a port may follow."""
    host, _, port = value.partition(":")
    if not value:
        return
    if is_address(value) or is_address(host):
        raise ValueError(
            "use a host name: clients check it against the certificate, not an IP address"
        )
    if not _HOST.fullmatch(host) or (port and not port.isdecimal()):
        raise ValueError("use a host name, with :port where it is not 443")


def is_address(text: str) -> bool:
    """Whether *text* is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def between(low: int, high: int) -> Callable[[int], None]:
    """Return a check that refuses numbers below *low* or above *high*."""

    def check(value: int) -> None:
        if not low <= value <= high:
            raise ValueError(f"use a number from {low} to {high}")

    return check


def check_numbers(value: tuple[str, ...]) -> None:
    """Refuse a list that holds anything but numbers a phone can dial."""
    bad = [number for number in value if not re.fullmatch(r"[0-9*#+]{2,20}", number)]
    if bad:
        raise ValueError(f"{', '.join(bad)}: use digits, separated by commas without spaces")


def check_email(value: str) -> None:
    """Refuse what is not one bare e-mail address; empty is nothing chosen."""
    if value and not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+", value):
        raise ValueError("use one e-mail address")
