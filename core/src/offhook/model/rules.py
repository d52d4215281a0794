"""Rules for single values: each reads a text or refuses a value with the reason."""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from offhook.model.secrets import Secret

LONGEST = 250
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9_-]{1,63})*\.?", re.I
)
# What ends in a number is an address in an odd spelling to most programs (WHATWG URL, 3.5).
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?", re.I)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_COMMON_MAILBOX = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")


def read_line(text: str) -> str:
    """Return *text* without spaces around it; raises `ValueError` unless it is one short line."""
    return _one_line(text.strip())


def printable(text: str) -> str:
    """Return *text* with a mark in place of every character that is none that people read."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def read_secret(text: str) -> Secret | None:
    """Return *text* hidden, as it is; None where it is empty."""
    return Secret(_one_line(text)) if text else None


def read_pin(text: str) -> Secret | None:
    """Return the deployment PIN that *text* is, hidden; None where it is empty."""
    pin = text.strip()
    if pin and not (4 <= len(pin) <= 20 and pin.isascii() and pin.isdecimal()):
        raise ValueError("use 4 to 20 digits")
    return Secret(pin) if pin else None


def read_email(text: str) -> str:
    """
    Return the normalized address that *text* is, or nothing for nothing; nobody is asked for it.

    Domains that exist only in a company's network (``.local``) are accepted.
    """
    address = read_line(text)
    if not address:
        return ""
    mailbox, at, domain = address.rpartition("@")
    if not at or len(address) > 254:
        raise ValueError("use one e-mail address, name@example.org")
    return f"{_read_mailbox(mailbox)}@{_read_domain(domain)}"


def check_host(value: str) -> None:
    """Refuse what is neither a host name nor an IP address; empty is nothing chosen."""
    if value and not is_address(value) and not _is_name(value):
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
    if not _is_name(host) or (port and not _is_port(port)):
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


def check_email(value: str) -> None:
    """Refuse what is not one bare e-mail address; empty is nothing chosen."""
    read_email(value)


def _is_name(text: str) -> bool:
    return bool(_HOST.fullmatch(text)) and not _NUMBER.fullmatch(text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("it holds a line break or another control character")
    if len(text) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    return text


def _read_mailbox(mailbox: str) -> str:
    if len(mailbox) <= 64 and _COMMON_MAILBOX.fullmatch(mailbox):  # 29 us cheaper
        return mailbox
    return _validate(f"{mailbox}@example.org")[0]


@lru_cache(maxsize=4096)
def _read_domain(domain: str) -> str:
    if "." not in domain or is_address(domain):
        raise ValueError("not an e-mail address: after the @ stands no domain name")
    # The library refuses local domains, so the name is checked as a part of a longer one.
    return _validate(f"a@{domain}.example.org")[1].removesuffix(".example.org")


def _validate(address: str) -> tuple[str, str]:
    try:
        found = validate_email(address, strict=True, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"not an e-mail address: {str(error).rstrip('.')}") from None
    return found.local_part, found.domain
