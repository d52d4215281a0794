"""Goes through a border gateway step by step and says what it found; it changes nothing."""

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from offhook.api import (
    BadAnswer,
    Connection,
    Finding,
    HttpAnswer,
    InvalidInput,
    PeerCertificate,
    RemoteError,
)
from offhook_mbg.authorizing import moment
from offhook_mbg.client import Gateway
from offhook_mbg.clusters import examine_nodes
from offhook_mbg.findings import tell
from offhook_mbg.opening import let_in, opened
from offhook_mbg.options import Options
from offhook_mbg.refusals import Denied
from offhook_mbg.settings import ca_type_of

_ENDS_SOON = 21  # days
_RENEWED_LATE = 28  # days that a token has left where renewing it fails for long
_TOLERANCE = timedelta(minutes=2)
_STOPS = "Credentials and users cannot be read until this is put right."
_SERVICES = "Administration > Web services"


def examine(connection: Connection[Options], *, now: datetime) -> Iterator[Finding]:
    """Yield a finding per step; the first failure that stops all others ends the examination."""
    step = "reachable"
    try:
        with opened(connection, connection.authorization) as gateway:
            certificate = gateway.session.certificate()
            yield tell("ok", step, f"{gateway.session.server} answers.")
            if certificate:
                yield _certificate(certificate, now)
            step = "service"
            yield from _service(gateway, now)
            step = "authorized"
            let_in(connection)
            yield from _token(gateway, now)
            step = "rights"
            yield from _rights(gateway)
            step = "cluster"
            yield from _cluster(gateway)
    except (RemoteError, InvalidInput) as error:
        # A wrong certificate shows while connecting.
        found_at = "tls" if isinstance(error.__cause__, ssl.SSLError) else step
        yield tell("failure", found_at, str(error), _STOPS, error.hint)


def _certificate(certificate: PeerCertificate, now: datetime) -> Finding:
    left = (certificate.ends_at - now).days
    names = ", ".join(certificate.names)
    summary = f"Its certificate for {names} ends on {certificate.ends_at:%Y-%m-%d}."
    if left >= _ENDS_SOON:
        return tell("ok", "tls", summary)
    return tell("warning", "tls", summary, "Then it cannot be asked any more.", "Have it renewed.")


def _service(gateway: Gateway, now: datetime) -> Iterator[Finding]:
    answer = gateway.ask_unsigned()
    if gateway.refusals.is_stopped(answer):
        raise gateway.explained(answer, gateway.names["path.tokens"][0])
    yield tell("ok", "service", "Its web service is active.")
    yield _clock(answer, now)


def _clock(answer: HttpAnswer, now: datetime) -> Finding:
    theirs = answer.sent_at
    if theirs is None:
        return tell("note", "clock", "It does not say what time it has.")
    if abs(theirs - now) < _TOLERANCE:
        return tell("ok", "clock", "Its clock and ours agree.")
    return tell(
        "warning",
        "clock",
        f"It has {theirs:%Y-%m-%d %H:%M:%S} UTC, here it is {now:%Y-%m-%d %H:%M:%S} UTC.",
        "It refuses requests whose time is too far from its own.",
        "Set both clocks by a time server.",
    )


def _token(gateway: Gateway, now: datetime) -> Iterator[Finding]:
    """Tell of the token; a consumer that may not list tokens is known to have a good one."""
    names = gateway.names
    try:
        token = gateway.own_token()
    except Denied as error:
        right = names["right.tokens"][0]
        yield tell(
            "warning", "authorized", str(error), "It cannot be renewed.", f"Grant it {right}."
        )
        return
    ends = moment(token.get(names["token.expires"][0]))
    known_as = token.get(names["token.id"][0], "unknown")
    if ends is None:
        yield tell(
            "note",
            "authorized",
            f"We are let in with token {known_as}; it does not say until when.",
        )
        return
    summary = f"We are let in with token {known_as}; {(ends - now).days} days are left."
    if (ends - now).days > _RENEWED_LATE:
        yield tell("ok", "authorized", summary)
        return
    meaning = "It should have been renewed long before."
    command = f"offhook connections renew {gateway.refusals.connection}"
    yield tell("warning", "authorized", summary, meaning, f"Renew it, and see why not: {command}")


def _rights(gateway: Gateway) -> Iterator[Finding]:
    names = gateway.names
    for right, passwords, meaning in (
        ("right.read", False, "Neither users nor credentials can be read."),
        ("right.passwords", True, "Credentials can be set, but not be read."),
    ):
        try:
            gateway.page(0, size=1, passwords=passwords)
        except Denied as error:
            action = f"Give it {names[right][0]} over there: {_SERVICES}."
            yield tell("warning", "rights", str(error), meaning, action)
            return
    yield tell("ok", "rights", "SIP users and their set-side passwords can be read.")
    write = names["right.write"][0]
    yield tell("note", "writing", f"Setting passwords needs {write}; that shows when one is set.")


def _cluster(gateway: Gateway) -> Iterator[Finding]:
    names = gateway.names
    try:
        settings, nodes = gateway.settings(), gateway.nodes()
    except (Denied, BadAnswer) as error:
        meaning = "Cluster, versions and the SIP TLS certificate cannot be looked at."
        grant = f"Grant it {names['right.settings'][0]}."
        action = grant if isinstance(error, Denied) else error.hint
        yield tell("warning", "cluster", str(error), meaning, action)
        return
    yield from examine_nodes(nodes, names)
    yield _sip_certificate(str(settings.get(names["settings.certificate"][0], "")), gateway)


def _sip_certificate(setting: str, gateway: Gateway) -> Finding:
    fitting = ca_type_of(setting, gateway.names)
    if not fitting:
        return tell("note", "sip-tls", "Which certificate it shows to softphones is not known.")
    return tell(
        "note",
        "sip-tls",
        f'Its SIP TLS certificate is "{setting}".',
        f"The CA type of the profiles must be {fitting}, or softphones do not register.",
    )
