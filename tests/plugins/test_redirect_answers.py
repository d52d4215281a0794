"""What is said to a redirect service is signed as agreed; odd answers are no results."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms

from offhook.api import (
    BadAnswer,
    Begin,
    Connection,
    Handover,
    Probe,
    Receipt,
    Refused,
    Renew,
    Unreachable,
    describe,
)
from offhook.doors import Limits
from offhook.testing import sample_message
from offhook_redirect import Options
from offhook_redirect.signing import COMPONENTS, make_key
from tests.core.scripted_https import Reply, ScriptedWeb, serve
from tests.lab.pki import Pki
from tests.plugins.redirect_service import DOOR, connection_to

ME = Reply(body={"name": "north", "routes": 0})
SENT = Reply(body={"status": "sent", "reason": "taken"})
PROBE = Probe(scheme="https", host="h.example.org", port=443, path="/healthz")
Asked = tuple[ScriptedWeb, Connection[Any]]


def problem(status: int, code: str) -> Reply:
    """Return a refusal as the protocol has it."""
    kind = "application/problem+json"
    return Reply(status=status, body={"code": code, "detail": f"It is {code}."}, kind=kind)


@contextmanager
def scripted(pki: Pki, *replies: Reply) -> Iterator[Asked]:
    """Serve *replies*; yields what was asked, and a connection with a key."""
    with serve(*replies, certificate=pki.leaf) as web:
        connection = connection_to(urlsplit(web.base).port or 0, pki)
        yield web, evolve(connection, authorization=evolve(make_key(), state="verified"))


def send(connection: Connection[Any], *keys: str) -> list[Handover | Receipt]:
    return list(DOOR.send(connection, [sample_message(key) for key in keys]))


def test_every_request_is_signed_over_all_that_counts(pki: Pki):
    with scripted(pki, ME, SENT) as (web, connection):
        send(connection, "m-1", "m-2")

    assert connection.authorization
    key = connection.authorization.token_id
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={key: public}, private_keys={}),
    )
    nonces = set()
    for method, path, headers, body in web.asked:
        message = SimpleNamespace(method=method, url=f"{web.base}{path}", headers=headers)
        (result,) = verifier.verify(message, require_components=COMPONENTS, body=body)
        signed = result.parameters
        assert 0 < signed["expires"] - signed["created"] <= 60
        nonces.add(signed["nonce"])
    assert [path for _, path, _, _ in web.asked] == ["/v1/me", "/v1/mails", "/v1/mails"]
    assert len(nonces) == 3


def test_a_mail_is_named_by_its_message_id(pki: Pki):
    with scripted(pki, ME, SENT) as (web, connection):
        send(connection, "m-1")

    asked = json.loads(web.asked[1][3])
    assert asked["id"] == "<m-1@phones.example.org>"
    assert (asked["sender"], asked["recipient"]) == ("it@example.org", "ana.ruiz@example.org")
    assert b"Subject: Your softphone\r\n" in base64.b64decode(asked["message"])


def test_an_answer_that_is_lost_leaves_a_mail_that_may_be_repeated(pki: Pki):
    with scripted(pki, ME, Reply(reset=True)) as (_, connection):
        steps = DOOR.send(connection, [sample_message("m-1"), sample_message("m-2")])

        assert next(steps) == Handover("m-1", repeatable=True)
        with pytest.raises(Unreachable):
            next(steps)


REFUSALS = {
    "unknown-server": (problem(403, "unknown-server"), Refused),
    "bad signature": (problem(401, "bad-signature"), Refused),
    "no mail": (problem(501, "no-mail"), Refused),
    "its mail server is away": (problem(503, "mail-unavailable"), Unreachable),
    "its database is away": (problem(503, "unavailable"), Unreachable),
    "too many": (problem(429, "too-many"), Unreachable),
    "a proxy in front": (Reply(status=502, body=b"<html>", kind="text/html"), Unreachable),
    "a code of tomorrow": (problem(409, "tomorrow"), BadAnswer),
    "sent elsewhere": (Reply(status=302, headers={"Location": "https://x/"}), BadAnswer),
    "another web server": (Reply(body=b"<html>", kind="text/html"), BadAnswer),
    "half an answer": (Reply(body={"status": "sent"}), BadAnswer),
    "no answer": (Reply(body=[]), BadAnswer),
    "a status of tomorrow": (Reply(body={"status": "maybe", "reason": ""}), BadAnswer),
}


@pytest.mark.parametrize(("reply", "error"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_of_all_mails_is_raised(reply: Reply, error: type[Exception], pki: Pki):
    with scripted(pki, ME, reply) as (_, connection), pytest.raises(error) as caught:
        send(connection, "m-1")
    assert caught.value.hint  # type: ignore[attr-defined]


@pytest.mark.parametrize("reply", [problem(400, "bad-address"), problem(413, "too-large")])
def test_a_refusal_of_one_mail_is_its_receipt(reply: Reply, pki: Pki):
    with scripted(pki, ME, reply, SENT) as (_, connection):
        steps = send(connection, "m-1", "m-2")

    receipts = [step for step in steps if isinstance(step, Receipt)]
    assert [each.outcome for each in receipts] == ["failed", "sent"]
    assert "It is" in receipts[0].detail


STRANGERS = {
    "pages": Reply(body=b"<html>", kind="text/html"),
    "nothing there": Reply(status=404, body=b"no", kind="text/plain"),
    "another service": problem(403, "forbidden"),
}


@pytest.mark.parametrize("reply", STRANGERS.values(), ids=STRANGERS)
def test_no_key_is_made_for_what_is_no_redirect_service(reply: Reply, pki: Pki):
    with scripted(pki, reply) as (_, connection), pytest.raises(BadAnswer):
        DOOR.authorize(evolve(connection, authorization=None), Begin())


def open_route(connection: Connection[Any]) -> object:
    return DOOR.open_route(connection, "h.example.org", 443, "linphone")


def probe(connection: Connection[Any]) -> object:
    return DOOR.probe(connection, "h.example.org", [PROBE])


WHEN = {"expires_at": "2030-01-01T00:00:00+00:00"}
GOOD = {"stage": "http", "kind": "ok"}
ODD: dict[str, tuple[Callable[[Connection[Any]], object], Any]] = {
    "no address": (open_route, WHEN),
    "no address of TLS": (open_route, {**WHEN, "address": "http://r/1"}),
    "an address with more": (open_route, {**WHEN, "address": 'https://r/1"><b>'}),
    "a number for an address": (open_route, {**WHEN, "address": 1}),
    "no date": (open_route, {"address": "https://r/1", "expires_at": "soon"}),
    "a number for a date": (open_route, {"address": "https://r/1", "expires_at": 5}),
    "no proof": (probe, {"outcomes": []}),
    "a text for an outcome": (probe, {"proof": GOOD, "outcomes": ["ok"]}),
    "no list": (probe, {"proof": GOOD, "outcomes": 5}),
    "half an outcome": (probe, {"proof": GOOD, "outcomes": [{"stage": "dns"}]}),
}


@pytest.mark.parametrize(("ask", "body"), ODD.values(), ids=ODD)
def test_an_answer_that_cannot_be_read_is_no_answer(
    ask: Callable[[Connection[Any]], object], body: object, pki: Pki
):
    with (
        scripted(pki, Reply(body=body)) as (_, connection),
        pytest.raises(BadAnswer, match="does not speak like a redirect service"),
    ):
        ask(connection)


def test_what_a_newer_service_says_beyond_is_left_out(pki: Pki):
    outcome = {**GOOD, "tomorrow": 1, "others": ["192.0.2.1: ECONNREFUSED"], "seconds": 0.5}
    body = {"proof": outcome, "outcomes": [outcome], "tomorrow": 2}
    with scripted(pki, Reply(body=body)) as (web, connection):
        view = DOOR.probe(connection, "h.example.org", [evolve(PROBE, port=8443)])

    assert view.outcomes == (view.proof,)
    assert view.proof.others == ("192.0.2.1: ECONNREFUSED",)
    assert json.loads(web.asked[0][3]) == {
        "host": "h.example.org",
        "port": 8443,
        "probes": [{"scheme": "https", "port": 8443, "path": "/healthz"}],
    }


ASKING: dict[str, Callable[[Connection[Any]], object]] = {
    "authorize": lambda connection: DOOR.authorize(connection, Renew()),
    "diagnose": lambda connection: list(DOOR.diagnose(connection)),
}


@pytest.mark.slow  # it waits as long as an administrator does
@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_a_service_that_is_silent_is_given_up_before_the_plugin_is(
    ask: Callable[[Connection[Any]], object], pki: Pki
):
    with scripted(pki, Reply(wait=3600)) as (_, connection), suppress(Unreachable):
        assert "failure" in {each.level for each in ask(connection)}  # type: ignore[attr-defined]
    assert DOOR.hanging == {}


def test_the_longest_answer_is_shorter_than_the_patience_of_core():
    timeout = describe(Options)["timeout"]
    assert 2 * timeout.parse("50") + 5 < Limits().step  # to begin, to end, to connect
    with pytest.raises(ValueError, match="50"):
        timeout.parse("51")
