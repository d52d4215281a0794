"""Goes to the redirect service step by step and says what it found, without sending anything."""

import os
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from offhook.api import (
    Connection,
    Finding,
    HttpAnswer,
    Level,
    PeerCertificate,
    RemoteError,
    Unreachable,
)
from offhook_redirect.opening import QUICK, let_in, opened
from offhook_redirect.options import Options
from offhook_redirect.signing import make_key

_ENDS_SOON = 21  # days
_TOLERANCE = timedelta(seconds=5)
_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def examine(connection: Connection[Options], *, now: datetime) -> Iterator[Finding]:
    """Yield a finding per step; the first failure ends the examination."""
    yield from _proxy()
    step = "reachable"
    try:
        pair = connection.authorization or make_key()
        with opened(connection, pair, at_most=QUICK) as service:
            certificate = service.session.certificate()
            yield _tell("ok", step, f"{service.session.server} answers.")
            if certificate:
                yield _certificate(certificate, now)
            step = "service"
            answer = service.greet()
            yield _clock(answer, now)
            step = "known"
            let_in(connection)
            if answer.status != 200:
                raise service.refused(answer)
            yield _known(answer)
    except RemoteError as error:
        # A wrong certificate shows while connecting.
        yield _failure("tls" if isinstance(error.__cause__, ssl.SSLError) else step, error)


def _proxy() -> Iterator[Finding]:
    found = [name for name in _PROXIES if os.environ.get(name)]
    if found:
        yield _tell(
            "note",
            "proxy",
            f"A proxy is set in this environment ({', '.join(found)}); it is not used.",
            "This machine must reach the service directly: connections to it never take a proxy.",
            "If it does not, let this machine connect to the service in the firewall.",
        )


def _certificate(certificate: PeerCertificate, now: datetime) -> Finding:
    left = (certificate.ends_at - now).days
    summary = f"Certificate for {', '.join(certificate.names)}, {left} days left."
    if left >= _ENDS_SOON:
        return _tell("ok", "tls", summary)
    meaning = "When it has ended, neither mails nor links go that way."
    return _tell("warning", "tls", summary, meaning, "Its operator has to renew it.")


def _clock(answer: HttpAnswer, now: datetime) -> Finding:
    theirs = answer.sent_at
    if theirs is None or abs(theirs - now) < _TOLERANCE:
        return _tell("ok", "clock", "Its clock and ours agree.")
    return _tell(
        "warning",
        "clock",
        f"It has {theirs:%Y-%m-%d %H:%M:%S} UTC, here it is {now:%Y-%m-%d %H:%M:%S} UTC.",
        "It refuses requests that were signed in its future, or more than a minute ago.",
        "Set both clocks by a time server.",
    )


def _known(answer: HttpAnswer) -> Finding:
    told = answer.body if isinstance(answer.body, dict) else {}
    name, routes = told.get("name", "?"), told.get("routes", "?")
    return _tell("ok", "known", f"It knows this installation as {name}; routes: {routes}.")


def _failure(step: str, error: RemoteError) -> Finding:
    again = isinstance(error, Unreachable)
    meaning = "No mail goes out; " + (
        "they are tried again." if again else "they wait until this is put right."
    )
    return _tell("failure", step, str(error), meaning, error.hint)


def _tell(level: Level, step: str, summary: str, meaning: str = "", action: str = "") -> Finding:
    code = f"redirect-{step}"
    return Finding(level=level, code=code, summary=summary, meaning=meaning, action=action)
