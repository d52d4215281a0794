"""What the service makes of a host of ours: a route that leads there, and a look from outside."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from offhook.api import Connection, Outcome, OutsideView, Probe, Route
from offhook_redirect.opening import opened
from offhook_redirect.options import Options
from offhook_redirect.refusals import strange

_HTTPS = 443
_ADDRESS = re.compile(r"https://[A-Za-z0-9.:\[\]/_-]+[A-Za-z0-9_-]")  # it goes into mails


def open_to(connection: Connection[Options], host: str, port: int, client_format: str) -> Route:
    """Return the route to a host."""
    with opened(connection) as service:
        told = service.open_route(host, port, client_format)
        try:
            return _route(told)
        except (TypeError, ValueError) as error:
            said = f"a route cannot be read ({error})"
            raise strange(service.session.server, said) from None


def look(connection: Connection[Options], host: str, probes: Sequence[Probe]) -> OutsideView:
    """Return what the service meets; the proof is looked for where the first https probe goes."""
    port = next((each.port for each in probes if each.scheme == "https"), _HTTPS)
    asked = [{"scheme": each.scheme, "port": each.port, "path": each.path} for each in probes]
    with opened(connection) as service:
        told = service.probe(host, port, asked)
        try:
            outcomes = tuple(map(_outcome, told["outcomes"]))
            return OutsideView(proof=_outcome(told["proof"]), outcomes=outcomes)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            said = f"an outcome cannot be read ({error})"
            raise strange(service.session.server, said) from None


def _route(told: Mapping[str, Any]) -> Route:
    address = told["address"]
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"its address is {address!r}")
    return Route(address=address, expires_at=datetime.fromisoformat(told["expires_at"]))


def _outcome(told: Mapping[str, Any]) -> Outcome:
    """Return an outcome; what a newer service says beyond it is left out."""
    texts = {name: str(told.get(name, "")) for name in ("code", "hop", "detail")}
    return Outcome(
        stage=told["stage"],
        kind=str(told["kind"]),
        seconds=float(told.get("seconds", 0)),
        others=tuple(map(str, told.get("others", ()))),
        **texts,
    )
