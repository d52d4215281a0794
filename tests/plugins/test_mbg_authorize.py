"""A border gateway lets us in, out of band and by callback, and renews what it gave."""

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
    Begin,
    Finish,
    InvalidInput,
    Renew,
    Secret,
    describe,
)
from offhook_mbg import Options
from offhook_mbg.authorizing import moment
from offhook_simulators.mbg_data import CONSUMER_ID, LIFETIME
from offhook_simulators.mbg_oauth import Consumer
from tests.lab.pki import Pki
from tests.plugins.mbg_system import System, running

NOW = datetime.now(UTC).replace(microsecond=0)
CALLBACK = "https://phones.example.org/back?to=a%2Fb&x=ä"


@pytest.fixture
def gateway(pki: Pki) -> Iterator[System]:
    """A gateway that has not let us in, whose tokens begin now."""
    with running(pki, let_in=False, clock=lambda: NOW, timestamps=lambda: datetime.now(UTC)) as up:
        yield up


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


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])
def test_any_consumer_and_secret_can_sign(gateway: System, method: str) -> None:
    known, secret = 'of&f+hook=%2F/:"', "p&ä+ %=/\"'~"
    gateway.simulator.oauth.add(Consumer(id=known, secret=secret))
    given = {"consumer_id": known, "consumer_secret": Secret(secret), "signature_method": method}
    system = gateway.let_in(**given)
    assert len(system.users(**given)) == 5


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
        before = system.token
        assert before.expires_at == NOW + LIFETIME
        assert given.expires_at == NOW + timedelta(28) + LIFETIME
        assert (given.token == before.token) == (not other_key)
        assert given.token_id == before.token_id
        assert len(evolve(system, authorization=given).users()) == 5


def test_the_end_is_read_from_the_list_where_the_answer_does_not_say(gateway: System) -> None:
    system = gateway.let_in(facts="form.expires=ends; form.id=name")
    assert system.token.expires_at == NOW + LIFETIME
    assert system.token.token_id == "T1"


def test_an_end_that_nobody_tells_is_not_made_up(gateway: System) -> None:
    gateway.simulator.faults.failing.add("tokens")
    system = gateway.let_in(facts="form.expires=ends; form.id=name")
    assert (system.token.expires_at, system.token.token_id) == (None, "unknown")


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


def test_a_changed_host_is_another_gateway() -> None:
    assert [name for name, each in describe(Options).items() if each.identifies] == ["host"]
