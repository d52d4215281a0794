"""Whatever goes wrong with an MX-ONE gives one clear error, one clear finding, and no half list."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from offhook.api import (
    BadAnswer,
    Finding,
    InvalidInput,
    Refused,
    RemoteError,
    Secret,
    Unreachable,
    describe,
)
from offhook.doors.registry import LIMITS
from offhook.testing import sample_connection
from offhook_mx_one import Options
from tests.lab.pki import Pki
from tests.plugins.mx_one_system import System, door, running

HEALTHY = ["reachable", "tls", "login", "clock", "rights", "users"]


def failure(system: System, **others: Any) -> RemoteError:
    """Return how reading the users ends."""
    with pytest.raises(RemoteError) as caught:
        system.users(**others)
    error = caught.value
    assert error.hint
    assert str(error).isprintable()
    assert "provision" not in f"{error} {error.hint}"
    return error


def levels(findings: list[Finding]) -> list[str]:
    """Return the steps of an examination, with the level where it is not ok."""
    steps = [(each.code.removeprefix("mx-one-"), each.level) for each in findings]
    return [step if level == "ok" else f"{step} {level}" for step, level in steps]


def test_a_healthy_system_gets_nothing_but_good_findings(pki: Pki) -> None:
    with running(pki) as system:
        findings = system.findings()
    assert levels(findings) == HEALTHY
    told = " ".join(each.summary for each in findings)
    assert "version is 8.0" in told
    assert "UCC (Vx.0) Premium" in told
    assert "email, first_name, key, last_name, number, pbx, phone, role" in told


FAULTS = [
    ({"truncated_page": 1}, BadAnswer, "JSON that cannot be read at /user-ms/users/v1"),
    ({"foreign_page": 1}, BadAnswer, "answered text/html instead of JSON at /user-ms/users/v1"),
    ({"failing_page": 1}, BadAnswer, "with status 500: The database does not answer"),
    ({"seconds_per_page": 3}, Unreachable, "did not answer in time"),
]


@pytest.mark.parametrize(("fault", "kind", "says"), FAULTS)
def test_a_page_that_fails_ends_the_reading_with_one_error(
    pki: Pki, fault: dict[str, Any], kind: type[RemoteError], says: str
) -> None:
    with running(pki, **fault) as system:
        error = failure(system, timeout=1)
    assert type(error) is kind
    assert says in str(error)


FIRST_PAGE_FAULTS = [
    ({"truncated_page": 0}, "JSON that cannot be read"),
    ({"foreign_page": 0}, "text/html instead of JSON"),
    ({"failing_page": 0}, "The database does not answer"),
    ({"seconds_per_page": 3}, "did not answer in time"),
]


@pytest.mark.parametrize(("fault", "says"), FIRST_PAGE_FAULTS)
def test_a_list_that_fails_is_the_one_failure_that_is_found(
    pki: Pki, fault: dict[str, Any], says: str
) -> None:
    with running(pki, **fault) as system:
        findings = system.findings(timeout=1)
    assert levels(findings) == [*HEALTHY[:-1], "users failure"]
    assert says in findings[-1].summary
    assert findings[-1].action


def test_a_token_that_ends_in_the_middle_costs_one_refresh_and_no_user(pki: Pki) -> None:
    with running(pki, 9, revoke_at_page=2) as system:
        found = system.users()
    assert [each.key for each in found] == [f"u{10_000 + index}" for index in range(9)]
    assert system.simulator.calls == {"login": 1, "refresh": 1, "users": 6}


def test_every_expiry_costs_one_refresh(pki: Pki) -> None:
    clock = {"now": datetime.now(UTC)}
    with running(pki, 20, clock=lambda: clock["now"]) as system:
        simulator = system.simulator

        def ten_minutes_each_page(name: str) -> None:
            clock["now"] += timedelta(minutes=10) if name == "users" else timedelta()

        simulator.before = ten_minutes_each_page
        assert len(system.users()) == 20
    # A token lasts for four pages of ten minutes: the fifth and the ninth ask for a new one.
    assert simulator.calls == {"login": 1, "refresh": 2, "users": 12}


def test_without_refresh_over_there_we_log_in_again(pki: Pki) -> None:
    with running(pki, 9, revoke_at_page=2) as system:
        assert len(system.users(facts="path.refresh=/auth/unknown")) == 9
    assert (system.simulator.calls["login"], system.simulator.calls["refresh"]) == (2, 0)


def test_a_sign_in_page_in_place_of_the_refresh_makes_us_log_in_again(pki: Pki) -> None:
    def portal(app: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            lost = scope["path"] == "/auth/refresh"
            await (HTMLResponse("<html>Sign in</html>") if lost else app)(scope, receive, send)

        return answer

    with running(pki, 9, revoke_at_page=2, around=portal) as system:
        assert len(system.users()) == 9
    assert system.simulator.calls["login"] == 2


def test_a_list_with_nobody_is_no_reason_to_lose_everybody(pki: Pki) -> None:
    with running(pki, 0) as system:
        error = failure(system)
    assert isinstance(error, Refused)
    assert "shows no users" in str(error)


def test_a_page_that_comes_again_and_again_is_noticed(pki: Pki) -> None:
    with running(pki, 9) as system:
        error = failure(system, facts="query.page=seite")
    assert isinstance(error, BadAnswer)
    assert "page 1 of the users is the page before, again" in str(error)
    assert "offhook plugins show mx_one" in error.hint


def test_users_that_do_not_come_are_missed(pki: Pki) -> None:
    with running(pki, 9) as system:
        error = failure(system, facts="page.last=totalElements;query.first=3")
    assert "3 of 9 users came" in str(error)


def test_a_list_under_another_name_is_told_and_not_taken_for_an_empty_one(pki: Pki) -> None:
    with running(pki) as system:
        error = failure(system, facts="page.items=people")
    assert isinstance(error, BadAnswer)
    assert "page 0 holds no list of users" in str(error)


def test_a_login_and_a_page_that_are_asked_for_twice_fit_into_cores_limit() -> None:
    with pytest.raises(ValueError, match="from 1 to 7"):
        describe(Options)["timeout"].parse("8")
    assert 4 * Options(host="localhost", username="admin").timeout < LIMITS.stream


def test_a_system_that_is_busy_for_a_moment_is_waited_for(pki: Pki) -> None:
    with running(pki, requests_per_second=2) as system:
        assert len(system.users()) == 5


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ("expired", "has expired"),
        ("self_signed", "is self-signed"),
        ("wrong_name", "is made for another name"),
        ("foreign", "comes from an authority that is not known here"),
    ],
)
def test_a_wrong_certificate_is_found_before_the_password_is_sent(
    pki: Pki, shown: str, says: str
) -> None:
    with running(pki, certificate=getattr(pki, shown)) as system:
        error, findings = failure(system), system.findings()
    assert isinstance(error, Refused)
    assert levels(findings) == ["tls failure"]
    assert says in str(error)
    assert findings[0].summary == str(error)
    assert not system.simulator.calls


def test_a_system_that_is_down_is_unreachable(pki: Pki) -> None:
    with running(pki) as system:
        pass
    error = failure(system)
    assert isinstance(error, Unreachable)
    assert str(error).startswith("Nobody listens at localhost:")
    assert levels(system.findings()) == ["reachable failure"]


def test_a_wrong_password_is_refused_once(pki: Pki) -> None:
    with running(pki) as system:
        wrong = {"password": Secret("not-this-one")}
        error, findings = failure(system, **wrong), system.findings(**wrong)
    assert isinstance(error, Refused)
    assert str(error).endswith("(401): Wrong user name or password")
    assert levels(findings) == ["reachable", "tls", "login failure"]
    assert system.simulator.calls == {"login": 2}


def test_a_login_without_a_token_is_a_bad_answer(pki: Pki) -> None:
    with running(pki) as system:
        error = failure(system, facts="login.token=jwt")
    assert isinstance(error, BadAnswer)
    assert "logs in without a token" in str(error)


def test_who_is_no_administrator_can_read_but_is_warned(pki: Pki) -> None:
    with running(pki) as system:
        assert len(system.users(username="operator")) == 5
        findings = system.findings(username="operator")
    assert levels(findings) == ["reachable", "tls", "login", "clock", "rights warning", "users"]
    assert "passwords will be refused" in findings[4].meaning


def test_clocks_that_differ_are_found(pki: Pki) -> None:
    with running(pki, clock=lambda: datetime.now(UTC) - timedelta(hours=1)) as system:
        findings = system.findings()
    assert levels(findings)[3] == "clock warning"
    assert re.search(r"3,6\d\d seconds apart", findings[3].summary)


def test_a_list_without_extensions_is_found_with_the_keys_that_are_there(pki: Pki) -> None:
    with running(pki) as system:
        findings = system.findings(facts="user.extensions=devices")
    assert levels(findings)[-1] == "users warning"
    assert "emailAddress" in findings[-1].action
    assert "extensions" in findings[-1].action


def test_no_users_are_found_too(pki: Pki) -> None:
    with running(pki, 0) as system:
        assert levels(system.findings())[-1] == "users note"


def test_a_slow_system_is_told_apart_from_a_dead_one(pki: Pki) -> None:
    with running(pki, seconds_per_page=0.3) as system:
        started = time.monotonic()
        assert len(system.users()) == 5
    assert time.monotonic() - started > 0.8


def test_the_file_is_examined_where_it_is_the_source(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("Name,Mail\na,b\n")
    connection = sample_connection("mx_one", Options(source="csv", file=str(file)))
    findings = list(door().diagnose(connection))
    assert [(each.code, each.level) for each in findings][-1] == ("file-columns", "failure")
    with pytest.raises(InvalidInput, match="Extension"):
        list(door().list_users(connection))
