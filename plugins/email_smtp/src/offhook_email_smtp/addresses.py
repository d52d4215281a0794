"""Mailboxes: strictly read, so that no text can smuggle in a second address or header."""

import re
from base64 import b64encode

import idna
from attrs import frozen

_ATOM = r"[^\s@<>,;:\"()\[\]\\]+"
_MAILBOX = re.compile(
    rf"(?:(?P<name>[^<>]*)<(?P<inside>{_ATOM}@{_ATOM})>|(?P<bare>{_ATOM}@{_ATOM}))"
)
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
_WORD_BYTES = 39
_WORD = r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+"
_PLAIN_NAME = re.compile(rf"{_WORD}(?: {_WORD})*")
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
        """Return the header line *field* with this mailbox, folded, without its line end."""
        if not self.name:
            return f"{field}: {self.address}"
        return f"{field}: {_phrase(self.name)}\r\n <{self.address}>"


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


def _wire_domain(domain: str) -> str:
    """Return *domain* in ASCII by IDNA 2008: the older rules lead to another domain for some."""
    if _DOMAIN.fullmatch(domain):
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"{domain} is not a domain: {error}") from None


def encoded(text: str) -> str:
    """Return *text* as encoded words (RFC 2047), one a line, that fit behind any of our headers."""
    step = _WORD_BYTES // len(max(text).encode())
    chunks = (text[start : start + step].encode() for start in range(0, len(text), step))
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)


def _phrase(name: str) -> str:
    return name if len(name) < 60 and _PLAIN_NAME.fullmatch(name) else encoded(name)
