"""The simulated border gateway lets in whom it must, or what passes with it would prove nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth1Session
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY

from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import (
    CONSUMER_ID,
    CONSUMER_SECRET,
    LIFETIME,
    PATHS,
    PERMISSIONS,
    PROBLEMS,
)
from offhook_simulators.mbg_oauth import Consumer
from offhook_simulators.serving import LocalServer
from tests.plugins.mbg_visitor import START, Visitor, form, refusal, verifier_in, visiting

TOKENS = PATHS["tokens"]
CALLBACK = "http://localhost:9/callback?connection=edge"


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with visiting() as visitor:
        yield visitor


@pytest.fixture
def stranger() -> Iterator[Visitor]:
    with visiting(let_in=False) as visitor:
        yield visitor


def expiry(visitor: Visitor) -> datetime:
    (token,) = visitor.ask("GET", TOKENS).json()["tokens"]
    return datetime.fromisoformat(token["expires"])


def make_keys() -> tuple[str, str]:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.mark.parametrize("flow", ["copied by hand", "callback"])
def test_authlib_comes_in(flow: str) -> None:
    mbg = Mbg(clock=lambda: START, timestamps=lambda: datetime.now(UTC))
    with LocalServer(mbg.app) as server:
        callback = "oob" if flow == "copied by hand" else CALLBACK
        with OAuth1Session(CONSUMER_ID, CONSUMER_SECRET, redirect_uri=callback) as session:
            session.trust_env = False
            waiting = session.fetch_request_token(server.address + PATHS["request_token"])
            page = session.create_authorization_url(server.address + PATHS["approve"])
            visitor = Visitor(mbg, server.address, datetime.now(UTC))
            assert CONSUMER_ID in visitor.session.get(page).text
            answer = visitor.decide(waiting)
            if callback == "oob":
                verifier = verifier_in(answer.text)
            else:
                found = session.parse_authorization_response(answer.headers["Location"])
                verifier = found["oauth_verifier"]
            token = session.fetch_access_token(server.address + PATHS["access_token"], verifier)
            answer = session.get(server.address + TOKENS)
            visitor.session.close()
    assert [each["id"] for each in answer.json()["tokens"]] == [token["token_id"]]
    assert datetime.fromisoformat(token["expires"]) == START + LIFETIME
    assert mbg.calls["request_token"] == mbg.calls["access_token"] == 1


def test_the_page_shows_who_asks_for_what_and_lists_who_waits(stranger: Visitor) -> None:
    waiting = stranger.request('http://localhost/<a href="">')
    page = stranger.address + PATHS["approve"]
    assert waiting["oauth_token"] in stranger.session.get(page).text
    shown = stranger.session.get(page, params={"oauth_token": waiting["oauth_token"]}).text
    assert all(each in shown for each in (CONSUMER_ID, *PERMISSIONS))
    assert "&lt;a href=&quot;" in shown
    stranger.decide(waiting)
    assert waiting["oauth_token"] not in stranger.session.get(page).text


def test_the_callback_keeps_its_own_parameters(stranger: Visitor) -> None:
    waiting = stranger.request(CALLBACK)
    answer = stranger.decide(waiting)
    address = urlsplit(answer.headers["Location"])
    assert (answer.status_code, address.netloc, address.path) == (303, "localhost:9", "/callback")
    given = parse_qs(address.query)
    assert given["connection"] == ["edge"]
    assert given["oauth_token"] == [waiting["oauth_token"]]
    assert stranger.finish(waiting, given["oauth_verifier"][0]).status_code == 200


@pytest.mark.parametrize("decision", ["deny", ""])
@pytest.mark.parametrize("callback", ["oob", CALLBACK])
def test_who_is_denied_hears_so_and_stays_outside(
    stranger: Visitor, callback: str, decision: str
) -> None:
    waiting = stranger.request(callback)
    answer = stranger.decide(waiting, decision)
    if callback == CALLBACK:
        assert "oauth_problem=user_refused" in answer.headers["Location"]
    assert verifier_in(answer.text) == ""
    assert refusal(stranger.finish(waiting, "guess")) == (401, "token_rejected")


def test_a_verifier_is_for_its_request_once(stranger: Visitor) -> None:
    waiting = stranger.request()
    assert refusal(stranger.finish(waiting, "early")) == (401, "verifier_invalid")
    verifier = verifier_in(stranger.decide(waiting).text)
    assert refusal(stranger.finish(waiting, "guess")) == (401, "verifier_invalid")
    assert refusal(stranger.finish(stranger.request(), verifier)) == (401, "verifier_invalid")
    assert stranger.finish(waiting, verifier).status_code == 200
    assert refusal(stranger.finish(waiting, verifier)) == (401, "token_rejected")
    assert stranger.decide(waiting).status_code == 404


@pytest.mark.parametrize("kind", ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT", "RSA-SHA1"])
def test_each_way_to_sign_works_and_a_wrong_secret_or_key_does_not(kind: str) -> None:
    (right, public), (wrong, _) = make_keys(), make_keys()
    with visiting(let_in=False) as visitor:
        visitor.mbg.oauth.consumers[CONSUMER_ID].rsa_key = public
        visitor.signing = {"signature_method": kind, "rsa_key": right}
        visitor.come_in()
        assert visitor.ask("GET", TOKENS).status_code == 200
        other = {"client_secret": "wrong", "rsa_key": wrong}
        answer = visitor.ask("GET", TOKENS, **other)
        assert refusal(answer) == (401, "signature_invalid")
        assert 'oauth_problem="signature_invalid"' in answer.headers["WWW-Authenticate"]
        visitor.token = {}
        answer = visitor.ask("POST", PATHS["request_token"], callback_uri="oob", **other)
        assert refusal(answer) == (401, "signature_invalid")


def test_a_key_that_nobody_knows_signs_nothing(visitor: Visitor) -> None:
    private, _ = make_keys()
    answer = visitor.ask("GET", TOKENS, signature_method="RSA-SHA1", rsa_key=private)
    assert refusal(answer) == (401, "signature_method_rejected")


def test_a_signature_is_for_one_address_and_one_way_to_ask(visitor: Visitor) -> None:
    key, secret = visitor.token["oauth_token"], visitor.token["oauth_token_secret"]
    client = visitor.client(resource_owner_key=key, resource_owner_secret=secret)
    address = visitor.address + TOKENS
    _, headers, _ = client.sign(address + "?page=1")
    answer = visitor.session.get(address + "?page=2", headers=headers)
    assert refusal(answer) == (401, "signature_invalid")


def test_a_signature_may_be_in_the_address(visitor: Visitor) -> None:
    key, secret = visitor.token["oauth_token"], visitor.token["oauth_token_secret"]
    signing = {"resource_owner_key": key, "resource_owner_secret": secret}
    client = visitor.client(signature_type=SIGNATURE_TYPE_QUERY, **signing)
    signed, _, _ = client.sign(visitor.address + TOKENS)
    assert visitor.session.get(signed).status_code == 200


@pytest.mark.parametrize(
    ("signing", "problem"),
    [
        ({"signature_method": "HMAC-SHA512"}, "signature_method_rejected"),
        ({"resource_owner_key": "guess"}, "token_rejected"),
        ({"resource_owner_secret": "guess"}, "signature_invalid"),
        ({"timestamp": "now"}, "parameter_absent"),
        ({"nonce": "x" * 101}, "parameter_absent"),
    ],
)
def test_who_signs_wrongly_hears_what_is_wrong(
    visitor: Visitor, signing: dict[str, Any], problem: str
) -> None:
    assert refusal(visitor.ask("GET", TOKENS, **signing)) == (401, problem)
    assert problem in PROBLEMS


def test_who_does_not_sign_is_not_heard(stranger: Visitor) -> None:
    for path in ("tokens", "sip_users", "cluster", "settings"):
        answer = stranger.session.get(stranger.address + PATHS[path])
        assert refusal(answer) == (401, "parameter_absent")
    answer = stranger.session.post(stranger.address + PATHS["request_token"])
    assert refusal(answer) == (401, "parameter_absent")
    answer = stranger.ask("POST", PATHS["request_token"], callback_uri="javascript:alert(1)")
    assert refusal(answer) == (401, "parameter_rejected")


@pytest.mark.parametrize(
    "header", ["OAuth garbage", "Basic abc", 'OAuth oauth_token="b", oauth_token="c"']
)
def test_what_cannot_be_read_is_refused(stranger: Visitor, header: str) -> None:
    for method, path in (("POST", "request_token"), ("POST", "access_token"), ("GET", "tokens")):
        address = f"{stranger.address}{PATHS[path]}?oauth_nonce=1"
        answer = stranger.session.request(method, address, headers={"Authorization": header})
        assert refusal(answer) == (401, "parameter_absent")
    answer = stranger.session.post(stranger.address + PATHS["approve"], data=b"\xff")
    assert answer.status_code == 404


def test_only_active_consumers_with_the_permission_are_heard(visitor: Visitor) -> None:
    consumer = visitor.mbg.oauth.consumers[CONSUMER_ID]
    consumer.permissions = ("SipUsers/read",)
    assert refusal(visitor.ask("GET", TOKENS)) == (403, "permission_denied")
    assert visitor.ask("GET", PATHS["sip_users"]).status_code == 200
    signing = {"callback_uri": "oob", "realm": PERMISSIONS[0]}
    answer = visitor.ask("POST", PATHS["request_token"], **signing)
    assert refusal(answer) == (403, "permission_denied")
    consumer.active = False
    assert refusal(visitor.ask("GET", PATHS["sip_users"])) == (401, "consumer_key_refused")
    del visitor.mbg.oauth.consumers[CONSUMER_ID]
    assert refusal(visitor.ask("GET", PATHS["sip_users"])) == (401, "consumer_key_unknown")


def test_a_consumer_has_nothing_of_another_ones(visitor: Visitor) -> None:
    other = {"client_key": "other", "client_secret": "its own"}
    visitor.mbg.oauth.add(Consumer(id="other", secret="its own"))
    assert refusal(visitor.ask("GET", TOKENS, **other)) == (401, "token_rejected")
    waiting, mine = visitor.request(), visitor.token
    verifier = verifier_in(visitor.decide(waiting).text)
    visitor.token, visitor.signing = {}, other
    assert refusal(visitor.finish(waiting, verifier)) == (401, "token_rejected")
    visitor.come_in()
    for token, signing in ((visitor.token, other), (mine, {})):
        visitor.token, visitor.signing = token, signing
        listed = visitor.ask("GET", TOKENS).json()["tokens"]
        assert [each["id"] for each in listed] == [token["token_id"]]


def test_a_request_is_answered_once(stranger: Visitor) -> None:
    waiting = stranger.request()
    verifier = verifier_in(stranger.decide(waiting).text)
    for decision in ("approve", "deny"):
        assert stranger.decide(waiting, decision).status_code == 404
    assert stranger.finish(waiting, verifier).status_code == 200


def test_a_request_is_heard_once(visitor: Visitor) -> None:
    assert visitor.ask("GET", TOKENS, nonce="same").status_code == 200
    assert refusal(visitor.ask("GET", TOKENS, nonce="same")) == (401, "nonce_used")
    visitor.now += timedelta(seconds=1)
    assert visitor.ask("GET", TOKENS, nonce="same").status_code == 200


@pytest.mark.parametrize(("minutes", "heard"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_a_clock_may_differ_by_five_minutes(visitor: Visitor, minutes: int, heard: bool) -> None:
    visitor.mbg.faults.skew = timedelta(minutes=minutes)
    answer = visitor.ask("GET", TOKENS)
    assert parsedate_to_datetime(answer.headers["Date"]) == START + timedelta(minutes=minutes)
    if heard:
        assert answer.status_code == 200
    else:
        assert refusal(answer) == (401, "timestamp_refused")


def test_a_token_lasts_for_twelve_months_from_its_last_renewal(visitor: Visitor) -> None:
    assert expiry(visitor) == START + LIFETIME
    visitor.now += timedelta(days=364)
    renewed = form(visitor.ask("POST", PATHS["renew"]))
    ends = visitor.now + LIFETIME
    assert expiry(visitor) == datetime.fromisoformat(renewed["expires"]) == ends
    visitor.now = ends - timedelta(seconds=1)
    assert visitor.ask("GET", TOKENS).status_code == 200
    visitor.now = ends
    assert refusal(visitor.ask("POST", PATHS["renew"])) == (401, "token_expired")


@pytest.mark.parametrize("other", [False, True])
def test_a_renewed_token_can_be_another_one(visitor: Visitor, other: bool) -> None:
    visitor.mbg.other_key_on_renewal = other
    old = visitor.token
    visitor.token = form(visitor.ask("POST", PATHS["renew"]))
    assert visitor.token["token_id"] == old["token_id"]
    assert (visitor.token["oauth_token"] != old["oauth_token"]) == other
    assert visitor.ask("GET", TOKENS).status_code == 200
    visitor.token = old
    assert visitor.ask("GET", TOKENS).status_code == (401 if other else 200)


def test_tokens_can_be_ended_revoked_and_given_anew(visitor: Visitor) -> None:
    visitor.mbg.oauth.expire()
    assert refusal(visitor.ask("GET", TOKENS)) == (401, "token_expired")
    visitor.mbg.oauth.revoke()
    assert refusal(visitor.ask("GET", TOKENS)) == (401, "token_revoked")
    visitor.token = {}
    visitor.come_in()
    listed = visitor.ask("GET", TOKENS).json()["tokens"]
    assert [each["current"] for each in listed] == [False, True]
