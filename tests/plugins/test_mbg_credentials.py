"""Teleworkers' credentials are read and set in batches; whoever has none is told why."""

from typing import Any

import pytest
from attrs import evolve

import offhook_mbg.search
from offhook.api import (
    HASH_NUMBER,
    AskedCredentials,
    BadAnswer,
    FoundCredentials,
    Refused,
    RemoteError,
    Secret,
    Unreachable,
    WantedCredentials,
)
from offhook_simulators.mbg_data import (
    CONSUMER_ID,
    HQ,
    PERMISSIONS,
    READ_PASSWORDS,
    WRITE_USERS,
    Icp,
    name_at,
    password_at,
)
from tests.lab.pki import Pki
from tests.plugins.mbg_system import PASSWORD, asked, door, running, wanted


def found(index: int) -> FoundCredentials:
    return FoundCredentials(username=name_at(index), password=Secret(password_at(index)))


def revealed(answers: dict[str, FoundCredentials | str]) -> dict[str, Any]:
    """Return what can be compared and read in a report."""
    return {
        key: each
        if isinstance(each, str)
        else (each.username, each.password and each.password.reveal())
        for key, each in answers.items()
    }


def expected(*indices: int) -> dict[str, Any]:
    return revealed({f"u{index}": found(index) for index in indices})


def test_name_and_password_of_each_come_from_the_gateway(pki: Pki) -> None:
    with running(pki, 5) as system:
        answers = system.fetch(asked(0, 3))
    assert revealed(answers) == expected(0, 3)


def test_without_a_set_side_name_the_number_tells(pki: Pki) -> None:
    with running(pki, 5) as system:
        assert revealed(system.fetch(asked(0, 3, by_number=True))) == expected(0, 3)


def test_the_requests_are_as_few_as_it_takes(pki: Pki) -> None:
    with running(pki, 3000) as system:
        for batch, pages, requests in [(3000, 100, 30), (500, 500, 6), (30, 50, 31), (1, 1, 1)]:
            answers = system.fetch(asked(*range(3000 - batch, 3000)), page_size=pages)
            assert revealed(answers) == expected(*range(3000 - batch, 3000))
            assert system.simulator.calls.pop("sip_users") == requests
        system.fetch(asked(*range(20)), page_size=50)
    assert system.simulator.calls == {"sip_users": 1}


def test_nobody_asked_for_is_nobody_found(pki: Pki) -> None:
    with running(pki) as system:
        assert system.fetch([]) == {}
        assert system.push([]) == {}


REASONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"enabled": False}, {}, f"SIP user {name_at(1)} is disabled at the gateway"),
    (
        {"availability": "WebRTC only"},
        {},
        f'SIP user {name_at(1)} has the availability "WebRTC only": a softphone cannot register',
    ),
    (
        {"configuredIcp": "192.0.2.99"},
        {"icp": HQ.address},
        f"ICP mismatch: SIP user {name_at(1)} is of 192.0.2.99, not 192.0.2.10",
    ),
    ({"setSideUsername": "other"}, {}, f"no SIP user {name_at(1)} at the gateway"),
]


@pytest.mark.parametrize(("change", "options", "reason"), REASONS)
def test_who_has_no_credentials_is_told_why(
    pki: Pki, change: dict[str, Any], options: dict[str, Any], reason: str
) -> None:
    with running(pki, 3, changes={1: change}) as system:
        answers = system.fetch(asked(0, 1, 2), **options)
        refused = system.push(wanted(0, 1, 2), **options)
    assert revealed(answers) | {"u1": ""} == expected(0, 2) | {"u1": ""}
    assert str(answers["u1"]).startswith(reason)
    assert refused == {"u1": reason}


def test_a_password_that_is_not_shown_is_none_and_can_be_set(pki: Pki) -> None:
    with running(pki, 1, changes={0: {"setSidePassword": ""}}) as system:
        answers = system.fetch(asked(0))
        assert revealed(answers) == {"u0": (name_at(0), None)}
        assert system.push(wanted(0)) == {}
        assert revealed(system.fetch(asked(0))) == {"u0": (name_at(0), PASSWORD)}


def test_a_hash_in_the_number_stops_at_a_remote_gateway_only(pki: Pki) -> None:
    ana = AskedCredentials(key="a", number="1#001", username="ana-1#001")
    bo = WantedCredentials(key="a", number="1#001", username="ana-1#001", password=Secret(PASSWORD))
    with running(pki, 2, changes={0: {"setSideUsername": "ana-1#001"}}) as system:
        assert system.fetch([ana], remote=True) == {"a": HASH_NUMBER}
        assert system.push([bo], remote=True) == {"a": HASH_NUMBER}
        assert system.push([bo]) == {}
        assert revealed(system.fetch([ana])) == {"a": ("ana-1#001", PASSWORD)}


def test_a_number_that_several_have_is_nobodys(pki: Pki) -> None:
    change = {"setSideUsername": f"zoe-{name_at(0).rpartition('-')[2]}"}
    with running(pki, 3, changes={1: change}) as system:
        answers = system.fetch(asked(0, 2, by_number=True))
    assert "several SIP users have the number" in str(answers["u0"])
    assert name_at(0) in str(answers["u0"])
    assert revealed(answers)["u2"] == expected(2)["u2"]


@pytest.mark.parametrize("fault", [{"failing_page": 3}, {"truncated_page": 3}])
def test_a_page_that_fails_costs_nobody_but_those_on_it(pki: Pki, fault: dict[str, Any]) -> None:
    with running(pki, 500, **fault) as system:
        answers = system.fetch(asked(*range(500)), page_size=50)
        missing = {key: each for key, each in answers.items() if isinstance(each, str)}
        assert set(missing) == {f"u{index}" for index in range(150, 200)}
        assert all(each.startswith("could not be read: localhost:") for each in missing.values())
        system.simulator.faults.failing_page = system.simulator.faults.truncated_page = -1
        again = system.fetch(asked(*range(150, 200)), page_size=50)
    assert revealed(again) == expected(*range(150, 200))


def test_where_nobody_could_be_read_it_is_an_error(pki: Pki) -> None:
    with running(pki, failing={"sip_users"}) as system:
        for batch in (asked(0), asked(*range(5)), asked(*range(5), by_number=True)):
            with pytest.raises(BadAnswer, match="The database does not answer"):
                system.fetch(batch)


def test_a_consumer_that_may_not_read_passwords_is_told_its_lack(pki: Pki) -> None:
    with running(pki) as system:
        consumer = system.simulator.oauth.consumers[CONSUMER_ID]
        consumer.permissions = tuple({*PERMISSIONS} - {READ_PASSWORDS})
        with pytest.raises(Refused, match=rf"403.*{READ_PASSWORDS}") as caught:
            system.fetch(asked(0))
        assert "permission" in caught.value.hint
        assert system.push(wanted(0)) == {}


def test_a_gateway_that_looks_for_no_names_is_noticed(pki: Pki) -> None:
    with running(pki, 5) as system, pytest.raises(BadAnswer, match="it names others") as caught:
        system.fetch(asked(3), facts="query.username=filter")
    assert "offhook plugins show mbg" in caught.value.hint


def test_pages_that_are_smaller_than_asked_for_are_all_read(pki: Pki) -> None:
    with running(pki, 1200) as system:
        answers = system.fetch(asked(*range(1200)), page_size=1000)
    assert revealed(answers) == expected(*range(1200))


def test_a_gateway_that_does_not_say_how_many_there_are_is_read_to_its_end(pki: Pki) -> None:
    with running(pki, 5) as system:
        answers = system.fetch(asked(0, 4, by_number=True), facts="page.total=count")
    assert revealed(answers) == expected(0, 4)


ODD_NAMES = (
    *("ana ruiz-1", "müller+x-2", "a%20b-3", "~*'()!-4", "a&b=c-5", "木村-6", "a#1-20#07"),
    *("a;b,c:d@e-8", "a/b?c-9", 'q\\"q-10', "a[b]{c}|d^`-11", "a%2Fb-12", "oauth_token-13"),
)


def test_any_set_side_name_can_be_asked_for_in_a_signed_address(pki: Pki) -> None:
    changes = {index: {"setSideUsername": name} for index, name in enumerate(ODD_NAMES)}
    with running(pki, len(ODD_NAMES), changes=changes) as system:
        for name in ODD_NAMES:
            answers = system.fetch([AskedCredentials(key="u", number="", username=name)])
            assert {key: each[0] for key, each in revealed(answers).items()} == {"u": name}
    assert system.simulator.calls == {"sip_users": len(ODD_NAMES)}


def test_a_first_page_without_anybody_is_noticed(pki: Pki) -> None:
    with running(pki, 5) as system, pytest.raises(BadAnswer, match="holds none of 5 SIP users"):
        system.fetch(asked(0, by_number=True), facts="query.first=9")
    assert system.simulator.calls == {"sip_users": 1}


def test_a_password_cannot_be_set_where_nobody_says_whose_page_it_is(pki: Pki) -> None:
    with running(pki, 5) as system:
        reasons = system.push(wanted(0), facts="user.id=key")
    assert "does not say the id of SIP user u10000-10000" in reasons["u0"]
    assert system.simulator.calls["change"] == 0


def test_passwords_are_set_and_can_be_set_again(pki: Pki) -> None:
    with running(pki, 30) as system:
        for _ in range(2):
            assert system.push(wanted(*range(30)), page_size=50) == {}
        assert system.simulator.users.password(name_at(29)) == PASSWORD
        answers = system.fetch(asked(3))
        assert revealed(answers) == {"u3": (name_at(3), PASSWORD)}
    assert system.simulator.calls["change"] == 60


@pytest.mark.parametrize("password", ["short", "Aa1-9999999"])
def test_a_password_that_the_gateway_declines_is_a_reason(pki: Pki, password: str) -> None:
    change = {"icpSideUsername": password}
    with running(pki, 3, changes={1: change}) as system:
        reasons = system.push(wanted(1, password=password))
        system.simulator.settings.weak = True
        assert system.push(wanted(1, password=password)) == {}
    assert reasons["u1"].startswith("the gateway finds the password too weak: ")
    assert password not in reasons["u1"]


def test_an_icp_that_is_there_no_more_is_a_reason(pki: Pki) -> None:
    with running(pki, 3) as system:
        system.simulator.settings.icps[:] = [Icp("Other", "192.0.2.77")]
        reasons = system.push(wanted(0))
    assert reasons == {"u0": "ICP mismatch: No ICP has the address 192.0.2.10"}


def test_one_that_fails_leaves_the_others(pki: Pki) -> None:
    with running(pki, 30, failing_users={name_at(7)}) as system:
        reasons = system.push(wanted(*range(30)), page_size=50)
        assert list(reasons) == ["u7"]
        assert "with status 500: The database does not answer" in reasons["u7"]
        system.simulator.faults.failing_users.clear()
        assert system.push(wanted(7)) == {}
    assert system.simulator.users.password(name_at(7)) == PASSWORD


def test_where_none_could_be_set_for_want_of_a_right_it_is_an_error(pki: Pki) -> None:
    with running(pki, 9) as system:
        consumer = system.simulator.oauth.consumers[CONSUMER_ID]
        consumer.permissions = tuple({*PERMISSIONS} - {WRITE_USERS})
        with pytest.raises(Refused, match=f"lacks {WRITE_USERS}"):
            system.push(wanted(*range(9)))
    assert 0 < system.simulator.calls["change"] <= offhook_mbg.search.AT_ONCE


def test_a_gateway_that_goes_away_is_not_asked_for_each(pki: Pki) -> None:
    with running(pki, 300) as system:
        system.simulator.faults.seconds = 3
        with pytest.raises(Unreachable, match="did not answer in time"):
            system.fetch(asked(*range(8)), timeout=1)
    assert system.simulator.calls["sip_users"] <= 2 * offhook_mbg.search.AT_ONCE


def test_time_that_runs_out_is_told(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offhook_mbg.search, "PATIENCE", -1)
    with running(pki, 9) as system, pytest.raises(Unreachable, match="takes too long"):
        system.push(wanted(*range(3)))


def test_a_token_that_ends_in_the_middle_is_one_error(pki: Pki) -> None:
    with running(pki, 30) as system:
        system.simulator.oauth.revoke()
        with pytest.raises(Refused, match="has taken our token back"):
            system.fetch(asked(*range(30)))
        other = evolve(system, authorization=None)
        with pytest.raises(RemoteError, match="has not let us in"):
            other.fetch(asked(0))


@pytest.mark.slow
def test_ten_thousand_come_in_one_batch_but_for_the_failing_page(pki: Pki) -> None:
    with running(pki, 10_000, failing_page=4) as system:
        answers = system.fetch(asked(*range(10_000)), page_size=500)
        missing = {key for key, each in answers.items() if isinstance(each, str)}
        assert missing == {f"u{index}" for index in range(2000, 2500)}
        system.simulator.faults.failing_page = -1
        answers |= system.fetch(asked(*range(2000, 2500)), page_size=500)
    assert revealed(answers) == expected(*range(10_000))


def test_whose_device_is_registered_is_told_where_the_gateway_tells(pki: Pki) -> None:
    with running(pki, 3) as system:
        system.simulator.users.registered = {name_at(1)}
        known = door().registrations(system.connection(), asked(0, 1))
        silent = {"facts": "user.registered=somethingElse"}
        unknown = door().registrations(system.connection(**silent), asked(0, 1))

    assert (known, unknown) == ({"u0": False, "u1": True}, {})
