"""A border gateway lets us in, in both ways, and whatever goes wrong on the way is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from offhook.api import (
    Authorization,
    BadAnswer,
    Begin,
    Finish,
    InvalidInput,
    Refused,
    RemoteError,
    Renew,
    Secret,
    Unreachable,
    describe,
)
from offhook_mbg import Options
from offhook_mbg.authorizing import moment
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET, LIFETIME
from tests.lab.pki import Pki
from tests.plugins.mbg_system import System, running

NOW = datetime.now(UTC).replace(microsecond=0)
CALLBACK = "https://phones.example.org/back?to=a%2Fb&x=ä"


@pytest.fixture
def gateway(pki: Pki) -> Iterator[System]:
    """A gateway that has not let us in, whose tokens begin now."""
    with running(pki, let_in=False, clock=lambda: NOW, timestamps=lambda: datetime.now(UTC)) as up:
        yield up


def failure(system: System, step: Any, **others: Any) -> RemoteError:
    """Return how a step ends; no secret may be in it."""
    with pytest.raises(RemoteError) as caught:
        system.step(step, **others)
    error = caught.value
    assert error.hint
    assert "{" not in f"{error}{error.hint}"
    given = system.authorization
    secrets = [CONSUMER_SECRET, given.secret.reveal() if given else CONSUMER_SECRET]
    assert not [secret for secret in secrets if secret in f"{error}{error.hint}"]
    return error


def requested(system: System, callback: str = "") -> System:
    return evolve(system, authorization=system.step(Begin(callback)))


def token_of(system: System) -> Authorization:
    assert system.authorization
    return system.authorization


def test_out_of_band_the_verifier_is_copied(gateway: System) -> None:
    asked = gateway.step(Begin())
    assert (asked.state, asked.expires_at) == ("requested", None)
    base = f"https://localhost:{gateway.options['port']}"
    assert asked.approve_at == f"{base}/oauth/authorize?oauth_token={asked.token_id}"
    verifier = gateway.approve(asked)
    given = evolve(gateway, authorization=asked).step(Finish(Secret(f" {verifier}\n")))
    assert (given.state, given.token_id, given.approve_at) == ("verified", "T1", "")
    assert given.expires_at == NOW + LIFETIME
    assert gateway.simulator.calls["tokens"] == 0
    assert len(evolve(gateway, authorization=given).users()) == 5


def test_the_callback_brings_the_verifier(gateway: System) -> None:
    asked = gateway.step(Begin(CALLBACK))
    back = urlsplit(gateway.decide(asked).headers["Location"])
    brought = parse_qs(back.query)
    assert brought["to"] == ["a/b"]
    assert brought["oauth_token"] == [asked.token.reveal()]
    system = evolve(gateway, authorization=asked)
    given = system.step(Finish(Secret(brought["oauth_verifier"][0])))
    assert given.state == "verified"


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])
def test_signatures_of_every_kind_are_good(gateway: System, method: str) -> None:
    system = gateway.let_in(signature_method=method)
    assert len(system.users(signature_method=method)) == 5


def test_requests_are_signed_with_a_private_key(gateway: System, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    file = tmp_path / "key.pem"
    plain = serialization.NoEncryption()
    coded, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(coded, kind, plain))
    public = key.public_key().public_bytes(coded, serialization.PublicFormat.SubjectPublicKeyInfo)
    gateway.simulator.oauth.consumers[CONSUMER_ID].rsa_key = public.decode()
    given = {"signature_method": "RSA-SHA1", "private_key": str(file)}
    system = gateway.let_in(**given, consumer_secret=Secret(""))
    assert len(system.users(**given)) == 5


@pytest.mark.parametrize("content", [None, "no key", "ü"])
def test_a_private_key_that_is_none_is_named(
    gateway: System, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "key.pem"
    if content:
        file.write_text(content)
    with pytest.raises(InvalidInput, match=r"private_key '.*key\.pem'") as caught:
        gateway.step(Begin(), signature_method="RSA-SHA1", private_key=str(file))
    assert "PEM" in caught.value.hint


@pytest.mark.parametrize("other_key", [False, True])
def test_a_token_is_renewed_before_it_ends(pki: Pki, other_key: bool) -> None:
    now = [NOW]
    with running(pki, clock=lambda: now[0], timestamps=lambda: datetime.now(UTC)) as system:
        system.simulator.other_key_on_renewal = other_key
        now[0] += timedelta(28)
        given = system.step(Renew())
        before = token_of(system)
        assert before.expires_at == NOW + LIFETIME
        assert given.expires_at == NOW + timedelta(28) + LIFETIME
        assert (given.token == before.token) == (not other_key)
        assert given.token_id == before.token_id
        assert len(evolve(system, authorization=given).users()) == 5


def test_the_end_is_read_from_the_list_where_the_answer_does_not_say(gateway: System) -> None:
    system = gateway.let_in(facts="form.expires=ends; form.id=name")
    assert token_of(system).expires_at == NOW + LIFETIME
    assert token_of(system).token_id == "T1"


def test_an_end_that_nobody_tells_is_not_made_up(gateway: System) -> None:
    gateway.simulator.faults.failing.add("tokens")
    system = gateway.let_in(facts="form.expires=ends")
    assert token_of(system).expires_at is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-11-23T12:00:00Z", datetime(2027, 11, 23, 12, tzinfo=UTC)),
        ("2027-11-23T12:00:00", datetime(2027, 11, 23, 12, tzinfo=UTC)),
        ("2027-11-23T12:00:00+02:00", datetime(2027, 11, 23, 10, tzinfo=UTC)),
        ("next year", None),
        (20271123, None),
    ],
)
def test_times_are_read_as_they_are_written(text: Any, meant: datetime | None) -> None:
    assert moment(text) == meant


def stop(system: System) -> None:
    system.simulator.stopped = 503


def hide(system: System) -> None:
    system.simulator.stopped = 404


def deactivate(system: System) -> None:
    system.simulator.oauth.consumers[CONSUMER_ID].active = False


def forget(system: System) -> None:
    system.simulator.oauth.consumers.clear()


def skew(system: System) -> None:
    system.simulator.faults.skew = timedelta(hours=2)


def replay(system: System) -> None:
    system.simulator.oauth.replays = 1


def expire(system: System) -> None:
    system.simulator.oauth.expire()


def revoke(system: System) -> None:
    system.simulator.oauth.revoke()


FAULTS = [
    (stop, "is not active (503", "Web services > Start"),
    (hide, "is not active (404", "Web services > Start"),
    (deactivate, "has the consumer 'offhook-deployment' switched off", "Make it active"),
    (forget, "does not know the consumer 'offhook-deployment'", "correct consumer_id"),
    (replay, "has seen the same request before", "such as a proxy"),
]


@pytest.mark.parametrize(("break_it", "says", "advice"), FAULTS)
@pytest.mark.parametrize("step", [Begin(), Finish(Secret("v")), Renew()])
def test_a_fault_is_one_clear_error_at_every_step(
    gateway: System, break_it: Any, says: str, advice: str, step: Any
) -> None:
    system = gateway.let_in() if step == Renew() else requested(gateway)
    break_it(gateway)
    error = failure(system, step)
    assert isinstance(error, Refused)
    assert says in str(error)
    assert advice in error.hint


def test_clocks_that_differ_are_both_told(gateway: System) -> None:
    skew(gateway)
    error = failure(gateway, Begin())
    assert isinstance(error, Refused)
    theirs = datetime.now(UTC) + timedelta(hours=2)
    assert f"here it is {datetime.now(UTC):%Y-%m-%d %H:}" in str(error)
    assert f"it has {theirs:%Y-%m-%d %H:}" in str(error)
    assert error.hint == "Set both clocks by a time server."


@pytest.mark.parametrize(
    ("break_it", "says"), [(expire, "token has ended"), (revoke, "has taken our token back")]
)
def test_a_token_that_is_good_no_more_asks_for_another_one(
    gateway: System, break_it: Any, says: str
) -> None:
    system = gateway.let_in()
    break_it(gateway)
    error = failure(system, Renew())
    assert says in str(error)
    assert error.hint.endswith("offhook connections authorize test")
    with pytest.raises(Refused, match=says):
        system.users()


def test_a_wrong_secret_or_method_is_told(gateway: System) -> None:
    wrong = failure(gateway, Begin(), consumer_secret=Secret("not-this-one"))
    assert "finds the signature wrong" in str(wrong)
    assert "consumer_secret" in wrong.hint


def test_a_wrong_verifier_can_be_corrected(gateway: System) -> None:
    system = requested(gateway)
    verifier = gateway.approve(token_of(system))
    error = failure(system, Finish(Secret("not-this-one")))
    assert "finds the verifier wrong" in str(error)
    assert "not-this-one" not in str(error)
    assert system.step(Finish(Secret(verifier))).state == "verified"


def test_a_request_that_nobody_approved_yet_is_told(gateway: System) -> None:
    error = failure(requested(gateway), Finish(Secret("too-early")))
    assert "nobody has approved the request yet" in str(error)


def test_a_request_that_was_denied_is_told(gateway: System) -> None:
    system = requested(gateway)
    gateway.approve(token_of(system), decision="deny")
    error = failure(system, Finish(Secret("v")))
    assert "does not know our request: it was denied" in str(error)
    assert "authorize test" in error.hint


def test_a_verifier_is_good_once(gateway: System) -> None:
    system = requested(gateway)
    verifier = Secret(gateway.approve(token_of(system)))
    system.step(Finish(verifier))
    assert "answered before" in str(failure(system, Finish(verifier)))


def test_steps_in_a_wrong_order_are_refused(gateway: System) -> None:
    assert "No request of 'test' waits" in str(failure(gateway, Finish(Secret("v"))))
    assert "has not let us in" in str(failure(gateway, Renew()))
    waiting = requested(gateway)
    error = failure(waiting, Renew())
    assert "has not been approved yet" in str(error)
    assert token_of(waiting).approve_at in error.hint


def test_a_consumer_without_the_right_cannot_renew(gateway: System) -> None:
    system = gateway.let_in()
    gateway.simulator.oauth.consumers[CONSUMER_ID].permissions = ()
    error = failure(system, Renew())
    assert "does not let 'offhook-deployment' use /oauth/renew_token (403)" in str(error)


def test_an_answer_without_a_token_is_a_bad_one(gateway: System) -> None:
    error = failure(gateway, Begin(), facts="path.request_token=/oauth/authorize")
    assert isinstance(error, BadAnswer | Refused)
    system = gateway.let_in()
    error = failure(system, Renew(), facts="path.renew=/oauth/authorize")
    assert isinstance(error, BadAnswer | Refused)


def test_a_step_is_not_taken_twice(gateway: System) -> None:
    """Whoever asks for a token again by himself may get two."""
    gateway.simulator.faults.failing.add("request_token")
    assert isinstance(failure(gateway, Begin()), BadAnswer)
    assert gateway.simulator.calls == {"request_token": 1}
    gateway.simulator.faults.failing.clear()
    gateway.simulator.faults.seconds = 2
    assert isinstance(failure(gateway, Begin(), timeout=1), Unreachable)
    assert gateway.simulator.calls == {"request_token": 2}


def test_a_gateway_with_another_certificate_gets_no_signature(pki: Pki) -> None:
    with running(pki, let_in=False, certificate=pki.wrong_name) as system:
        assert isinstance(failure(system, Begin()), Refused)
        assert not system.simulator.calls


def test_a_changed_host_is_another_gateway() -> None:
    assert [name for name, each in describe(Options).items() if each.identifies] == ["host"]
