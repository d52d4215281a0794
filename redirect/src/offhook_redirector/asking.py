"""What servers ask: read from the JSON of a request, every value checked before it is used."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, get_args

from attrs import frozen

from offhook.api import read_mailbox
from offhook.model.probes import Probe, Scheme
from offhook_redirector.addresses import check_name
from offhook_redirector.problems import Problem

MOST_PROBES = 8
_LONGEST_PATH = 200
HTTPS = 443


@frozen
class MailAsk:
    """One mail as it goes out: ``content`` with line ends as SMTP wants them."""

    id: str
    sender: str
    recipient: str
    content: bytes


def read_json(body: bytes, *known: str) -> Mapping[str, Any]:
    """Return the JSON object of a body; raises `Problem` for another one, or unknown members."""
    try:
        asked = json.loads(body)
        json.dumps(asked, ensure_ascii=False).encode()  # half a character is none
    except (ValueError, RecursionError):
        raise Problem(400, "bad-request", "The body is no JSON.") from None
    if not isinstance(asked, dict):
        raise Problem(400, "bad-request", "The body is no JSON object.")
    if unknown := sorted(asked.keys() - set(known)):
        raise Problem(400, "bad-request", f"Unknown: {', '.join(unknown)[:100]}.")
    return asked


def read_host(asked: Mapping[str, Any], *, allow_loopback: bool) -> str:
    """Return ``host``; raises `Problem` unless it is a full host name."""
    host = _text(asked, "host")
    try:
        check_name(host, allow_loopback=allow_loopback)
    except ValueError as error:
        raise Problem(400, "bad-host", f"host: {error}.") from None
    return host


def read_port(asked: Mapping[str, Any], usual: int) -> int:
    """Return ``port``, or the *usual* one where it is missing; raises `Problem`."""
    value = asked.get("port", usual)
    if type(value) is not int or not 0 < value < 65536:
        raise Problem(400, "bad-request", "port must be a number from 1 to 65535.")
    return value


def read_format(asked: Mapping[str, Any]) -> str:
    """Return ``format``, the name of a client format; empty where it is missing."""
    name = asked.get("format", "")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_-]{0,64}", name):
        raise Problem(400, "bad-request", "format must be the name of a client format.")
    return name


def read_probes(asked: Mapping[str, Any], host: str, ca: str) -> list[Probe]:
    """Return ``probes``, at most `MOST_PROBES`; raises `Problem`."""
    probes = asked.get("probes")
    if not isinstance(probes, list) or len(probes) > MOST_PROBES:
        raise Problem(400, "bad-request", f"probes must be a list of at most {MOST_PROBES}.")
    return [_probe(each, host, ca) for each in probes]


def read_mail(asked: Mapping[str, Any]) -> MailAsk:
    """Return a mail; raises `Problem`."""
    try:
        content = base64.b64decode(_text(asked, "message", longest=0), validate=True)
    except (binascii.Error, ValueError):
        raise Problem(400, "bad-request", "message must be base64.") from None
    return MailAsk(
        id=_text(asked, "id"),
        sender=_mailbox(asked, "sender", international=False),
        recipient=_mailbox(asked, "recipient"),
        content=b"\r\n".join(content.splitlines()) + b"\r\n",
    )


def _probe(asked: Any, host: str, ca: str) -> Probe:
    if not isinstance(asked, dict) or asked.keys() - {"scheme", "port", "path"}:
        raise Problem(400, "bad-request", "A probe has scheme, port and path.")
    if asked.get("scheme") not in get_args(Scheme):
        raise Problem(400, "bad-request", f"scheme must be one of {', '.join(get_args(Scheme))}.")
    path = asked.get("path", "/")
    if not isinstance(path, str) or not path.startswith("/") or not _is_plain(path):
        raise Problem(400, "bad-request", "path must begin with / and be short plain ASCII.")
    return Probe(scheme=asked["scheme"], host=host, port=read_port(asked, HTTPS), path=path, ca=ca)


def _is_plain(path: str) -> bool:
    return len(path) <= _LONGEST_PATH and all("!" <= each <= "~" for each in path)


def _mailbox(asked: Mapping[str, Any], name: str, *, international: bool = True) -> str:
    try:
        found = read_mailbox(_text(asked, name))
    except ValueError as error:
        raise Problem(400, "bad-address", f"{name}: {error}.") from None
    if found.international and not international:
        raise Problem(400, "bad-address", f"{name}: use plain letters (ASCII) before the @.")
    return found.address


def _text(asked: Mapping[str, Any], name: str, *, longest: int = 300) -> str:
    """Return a member that must be a text; *longest* 0 leaves its length to the request's limit."""
    value = asked.get(name)
    if not isinstance(value, str) or not value or (longest and len(value) > longest):
        raise Problem(400, "bad-request", f"{name} must be a text that is not too long.")
    return value
