"""Passwords become authorisation codes of an MX-ONE, in every form, without being rolled back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

import offhook_mx_one.codes
from offhook.api import InvalidInput, Refused, Secret, Unreachable, WantedCredentials
from offhook_mx_one import FACTS, Options
from offhook_mx_one.codes import code_of
from tests.lab.pki import Pki
from tests.plugins.mx_one_system import (
    PASSWORD,
    door,
    running,
    sample_connection,
    wanted,
)

NUMBERS = [str(number) for number in range(10_000, 10_060)]


@pytest.mark.parametrize("hash_type", ["CLEARTEXT", "MD5A1", "SHA256", "SHA256_MD5A1"])
def test_a_phone_with_the_password_would_be_let_in(pki: Pki, hash_type: str) -> None:
    with running(pki) as system:
        assert system.push(wanted("10000", "10001"), hash_type=hash_type) == {}
    simulator = system.simulator
    assert simulator.codes["10000"].hash_type == hash_type
    assert simulator.admits("10000", PASSWORD)
    assert simulator.admits("10001", PASSWORD)
    assert not simulator.admits("10000", "another")
    assert (simulator.codes["10000"].code == PASSWORD) == (hash_type == "CLEARTEXT")


@pytest.mark.parametrize("hash_type", ["MD5A1", "SHA256", "SHA256_MD5A1"])
def test_the_realm_can_be_another_one(pki: Pki, hash_type: str) -> None:
    with running(pki) as system:
        system.push(wanted("10000"), hash_type=hash_type, facts="hash.realm=elsewhere")
    assert not system.simulator.admits("10000", PASSWORD)


def test_the_recipe_of_a_hash_can_be_another_one(pki: Pki) -> None:
    with running(pki) as system:
        for recipe in ("{password}", "{user}{realm}{password}"):
            system.push(wanted("10000"), hash_type="SHA256", facts=f"hash.SHA256={recipe}")
            assert not system.simulator.admits("10000", PASSWORD)


def test_a_hash_is_the_one_of_the_standards_own_example() -> None:
    """RFC 2617, section 3.5: its A1, hashed."""
    mufasa = WantedCredentials(
        key="1", number="1", username="Mufasa", password=Secret("Circle Of Life")
    )
    names = FACTS.taken("hash.realm=testrealm@host.com")
    assert code_of("MD5A1", mufasa, names) == "939e7578ed9e3c518a452acee763bce9"


def test_the_same_password_can_be_pushed_again(pki: Pki) -> None:
    with running(pki) as system:
        for _ in range(2):
            assert system.push(wanted("10000")) == {}
        assert system.push(wanted("10000", password="the next one")) == {}
    assert system.simulator.admits("10000", "the next one")


def test_who_is_declined_is_named_and_the_others_are_served(pki: Pki) -> None:
    refused = {"10001": f"Code {PASSWORD} was used before"}
    with running(pki, refused=refused) as system:
        reasons = system.push(wanted("10000", "10001", "777", "10002"))
    assert reasons == {
        "u10001": "declined with status 400: Code **** was used before",
        "u777": "declined with status 404: Extension 777 does not exist",
    }
    assert set(system.simulator.codes) == {"10000", "10002"}


@pytest.mark.parametrize("password", ["x", "x" * 65])
def test_a_password_of_a_wrong_length_is_not_even_sent(pki: Pki, password: str) -> None:
    with running(pki) as system:
        reasons = system.push(wanted("10000", password=password))
        assert system.push(wanted("10001", password=password), hash_type="MD5A1") == {}
    says = f"the password has {len(password)} characters; MX-ONE takes 2 to 64"
    assert reasons == {"u10000": says}
    assert system.simulator.calls["auth-code"] == 1


def test_the_limits_of_a_password_can_be_others(pki: Pki) -> None:
    with running(pki) as system:
        facts = "code.shortest=4;code.longest=6"
        reasons = system.push(wanted("10000", password="1234567"), facts=facts)
    assert reasons == {"u10000": "the password has 7 characters; MX-ONE takes 4 to 6"}


def test_many_at_a_time_cost_one_login_and_one_refresh_per_expiry(pki: Pki) -> None:
    clock = {"now": datetime.now(UTC)}
    with running(pki, 60, clock=lambda: clock["now"]) as system:
        simulator, ends = system.simulator, [20, 40]

        def end_some_tokens(name: str) -> None:
            if ends and len(simulator.codes) >= ends[0]:
                clock["now"] += timedelta(minutes=46)
                del ends[0]

        simulator.before = end_some_tokens
        assert system.push(wanted(*NUMBERS)) == {}
    assert set(simulator.codes) == set(NUMBERS)
    assert (simulator.calls["login"], simulator.calls["refresh"]) == (1, 2)
    assert simulator.calls["auth-code"] > len(NUMBERS)


def test_nobody_is_told_to_have_a_password_when_the_system_is_down(pki: Pki) -> None:
    with running(pki) as system:
        pass
    with pytest.raises(Unreachable, match="Nobody listens"):
        system.push(wanted(*NUMBERS))


def test_what_was_pushed_before_we_were_turned_away_stays_and_the_rest_is_not_tried(
    pki: Pki,
) -> None:
    asked: list[str] = []

    def turning_the_sixth_away(app: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            asked.append(scope["path"])
            if len(asked) <= 1 + 5:
                await app(scope, receive, send)
            else:
                await PlainTextResponse("Go away", 403)(scope, receive, send)

        return answer

    with running(pki, 60, around=turning_the_sixth_away) as system:
        reasons = system.push(wanted(*NUMBERS))
    codes = system.simulator.codes
    assert len(codes) == 5
    assert set(reasons) == {f"u{number}" for number in NUMBERS if number not in codes}
    assert all("denies /pm-extension-ms/auth-code/v1" in reason for reason in reasons.values())
    assert len(asked) <= 1 + 5 + 4


def test_a_system_that_takes_too_long_serves_some_and_the_others_are_named(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(pki, 60) as system:
        codes = system.simulator.codes
        monkeypatch.setattr(offhook_mx_one.codes, "monotonic", lambda: 10.0 * len(codes))
        reasons = system.push(wanted(*NUMBERS))
    assert 9 <= len(codes) <= 9 + 4
    assert set(reasons) == {f"u{number}" for number in NUMBERS if number not in codes}
    assert set(reasons.values()) == {"not tried: the system takes too long over the others"}


def test_who_may_not_push_is_refused_as_a_whole(pki: Pki) -> None:
    with running(pki, 60) as system:
        with pytest.raises(Refused, match="operator is no administrator"):
            system.push(wanted(*NUMBERS), username="operator")
        assert system.simulator.calls["auth-code"] < 10


def test_what_the_pbx_wants_to_know_besides_is_sent(pki: Pki) -> None:
    heard: list[Any] = []

    def listening(app: Any) -> Any:
        async def listen(scope: Any, receive: Any, send: Any) -> None:
            async def hear() -> Any:
                message = await receive()
                heard.append((scope["query_string"], message["body"]))
                return message

            await app(scope, hear, send)

        return listen

    given = {"customer": "3", "service_profile": "gold", "subsystem": "MX2"}
    with running(pki, around=listening) as system:
        system.push(wanted("10000", password="pw1234"), **given)
    query, body = heard[-1]
    assert query == b"subsystemName=MX2"
    assert body == (
        b'{"extensionNumber": "10000", "authorizationCode": "pw1234", "hashType": "CLEARTEXT", '
        b'"customer": 3, "commonServiceProfile": "gold", "restrictUsageToThisExtensionOnly": true}'
    )


def test_a_file_alone_takes_no_passwords() -> None:
    connection = sample_connection("mx_one", Options(source="csv", file="users.csv"))
    with pytest.raises(InvalidInput, match="names no Provisioning Manager"):
        door().set_credentials(connection, wanted("10000"))
