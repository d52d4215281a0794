"""Mailboxes: strictly read, so that no text can smuggle in a second address or header."""

import re

import idna
from attrs import frozen

from offhook.mails.headers import encode, fold, words_of

_ATOM = r"[^\s@<>,;:\"()\[\]\\]+"
_MAILBOX = re.compile(
    rf"(?:(?P<name>[^<>]*)<(?P<inside>{_ATOM}@{_ATOM})>|(?P<bare>{_ATOM}@{_ATOM}))"
)
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
_WORD = r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+"
_PLAIN_NAME = re.compile(rf"{_WORD}(?: {_WORD})*")
_QUOTABLE_NAME = re.compile(r"(?!.*=\?)[!#-\[\]-~](?:[ !#-\[\]-~]{0,56}[!#-\[\]-~])?")
UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@frozen
class Mailbox:
    """A name and an address, the domain as it is written on the wire."""

    name: str
    address: str

    @property
    def international(self) -> bool:
        """Whether only a server with SMTPUTF8 can take this address."""
        return not self.address.isascii()

    def header(self, field: str) -> str:
        """Return the header line *field* with this mailbox, without its line end."""
        if not self.name:
            return f"{field}: {self.address}"
        return fold(field, [*_phrase(self.name, field), f"<{self.address}>"])


def read_mailbox(text: str) -> Mailbox:
    """Read ``address`` or ``Name <address>``; raises `ValueError` with the reason."""
    if UNSENDABLE.search(text):
        raise ValueError("it holds a line break or another control character")
    found = _MAILBOX.fullmatch(text.strip())
    if not found:
        raise ValueError('use one e-mail address, or "Name <address>"')
    local, _, domain = (found["inside"] or found["bare"]).partition("@")
    if not local.isprintable():
        raise ValueError("it holds an invisible character")
    address = f"{local}@{_wire_domain(domain)}"
    if len(address) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    return Mailbox(name=(found["name"] or "").strip().strip('"'), address=address)


def check_mailbox(value: str) -> None:
    """Raise `ValueError` unless *value* is empty or a mailbox that any mail server can take."""
    if value and read_mailbox(value).international:
        raise ValueError("use plain letters (ASCII) before the @")


def check_sender(value: str) -> None:
    """Raise `ValueError` unless *value* is a mailbox that mails can be from."""
    if not value:
        raise ValueError("give the address that the mails come from")
    check_mailbox(value)


def _wire_domain(domain: str) -> str:
    """Return *domain* in ASCII by IDNA 2008: the older rules lead to another domain for some."""
    if _DOMAIN.fullmatch(domain):
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"{domain} is not a domain: {error}") from None


def _phrase(name: str, field: str) -> list[str]:
    if _PLAIN_NAME.fullmatch(name):
        return words_of(name, field)
    return [f'"{name}"'] if _QUOTABLE_NAME.fullmatch(name) else encode(name, field)
