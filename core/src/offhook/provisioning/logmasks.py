"""Takes secrets out of the logs of clients: those that are known, and what is named like one."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, quote_plus

from offhook.model.users import User

HIDDEN = "****"
_SHORTEST = 4  # characters: what is shorter stands in every log by chance
_TERMINAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # it would obey them
_BLOCK = 65_536  # characters that are searched in one go
_AFTER_NAME = re.compile(
    r"""(?ix) (\b \w* (?:passw(?:or)?d|pwd|auth_pass|secret|ha1) \b ["']?
    [ \t]* (?: [=:] | > | "[ ]overwrite="true"> ) [ \t]* ["']? )
    (?: (?<=>) [^<\n]+ | (?<=") (?: \\. | [^"\\\n] )+ | (?<=') (?: \\. | [^'\\\n] )+
    | [^\s"'<>;&,]+ )"""
)
_DIGEST = re.compile(r'(?i)(\bresponse=")[0-9a-f]{32,128}')
_BEARER = re.compile(r"(?i)(\bauthorization:\s*(?:bearer|basic)\s+)[\w.~+/=-]+")
_SRTP_KEY = re.compile(r"(?i)(\binline:)[\w+/]+=*")  # RFC 4568: it opens a recorded call
_ADDRESS = re.compile(r"(?i)((?:/|%2f)[cdflr](?:/|%2f))[\w%~-]{16,}")
_PATTERNS = (_AFTER_NAME, _DIGEST, _BEARER, _SRTP_KEY, _ADDRESS)


def mask(text: str, user: User, token: str) -> str:
    """
    Return *text* without the secrets of *user*, tokens, and what is named like a secret.

    Characters that steer a terminal are replaced: an administrator reads the log in one.
    """
    spelt = sorted(_spellings(user, token), key=len, reverse=True)
    return "".join(_mask(block, spelt) for block in _blocks(text))


def _mask(text: str, spelt: Sequence[str]) -> str:
    for secret in spelt:
        text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return _TERMINAL.sub("\N{REPLACEMENT CHARACTER}", text)


def _blocks(text: str) -> Iterator[str]:
    """Yield *text* in blocks of whole lines: between them, other threads have their turn."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _BLOCK) + 1 or len(text)
        yield text[start:end]
        start = end


def _spellings(user: User, token: str) -> Iterator[str]:
    """Yield each secret as it is, and as XML, JSON, addresses and forms spell it."""
    known = (user.pbx_password, user.gateway_password, user.client_service_password)
    for secret in [token, *(each.reveal() for each in known if each)]:
        if len(secret) >= _SHORTEST:
            yield from {
                secret,
                html.escape(secret),
                html.escape(secret, quote=False),
                json.dumps(secret)[1:-1],
                json.dumps(secret, ensure_ascii=False)[1:-1],
                quote(secret, safe=""),
                quote_plus(secret),
            }
