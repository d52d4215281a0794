"""An examination of a border gateway tells what is wrong with it, and what to do about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from starlette.responses import JSONResponse, PlainTextResponse

from offhook.api import BadAnswer, Begin, Finding, Finish, Refused, RemoteError, Secret, Unreachable
from offhook_mbg import FACTS
from offhook_mbg.items import read_user
from offhook_simulators import mbg_data as table
from tests.lab.pki import Pki
from tests.plugins.mbg_system import System, asked, running, wanted

TO_THE_TOKEN = ["reachable", "tls", "service", "clock", "authorized"]
SHARED = ("cluster-shared note", "sip-tls note")
HEALTHY = [*TO_THE_TOKEN, "rights", "writing note", "cluster", *SHARED]


def levels(findings: list[Finding]) -> list[str]:
    """Return the steps of an examination, with the level where it is not ok."""
    steps = [(each.code.removeprefix("mbg-"), each.level) for each in findings]
    return [step if level == "ok" else f"{step} {level}" for step, level in steps]


def finding(system: System, code: str, **others: Any) -> Finding:
    """Return what is found in one step."""
    (found,) = [each for each in system.findings(**others) if each.code == f"mbg-{code}"]
    return found


def failure(system: System, **others: Any) -> RemoteError:
    """Return how reading the users ends."""
    with pytest.raises(RemoteError) as caught:
        system.users(**others)
    assert caught.value.hint
    assert str(caught.value).isprintable()
    return caught.value


def test_a_healthy_gateway_gets_good_findings_and_notes_and_keeps_as_it_is(pki: Pki) -> None:
    with running(pki) as system:
        findings = system.findings()
        assert not system.simulator.calls.keys() & {"change", "create", "delete", "renew"}
    assert levels(findings) == HEALTHY
    told = " ".join(each.summary for each in findings)
    assert "token T1; 364 days are left" in told
    assert "2 gateways" in told
    assert "SipUsers/write" in told


@pytest.mark.parametrize(
    ("setting", "ca_type"), [("Mitel", "must be vendor"), ("Web server", "must be public")]
)
def test_the_certificate_setting_says_which_ca_type_fits(
    pki: Pki, setting: str, ca_type: str
) -> None:
    with running(pki) as system:
        system.simulator.settings.certificate = setting
        found = finding(system, "sip-tls")
    assert setting in found.summary
    assert ca_type in found.meaning


def test_an_unknown_certificate_setting_is_no_guess(pki: Pki) -> None:
    with running(pki) as system:
        found = finding(system, "sip-tls", facts="settings.certificate=tls")
    assert "not known" in found.summary


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"version": "11.0"}, "cluster-versions", "mbg2 11.0"),
        ({"zone": "Default"}, "cluster-zones", "mbg1 Default, mbg2 Default"),
        ({"weight": 50}, "cluster-weights", "mbg2 50"),
    ],
)
def test_a_cluster_that_does_not_fit_together_is_warned_about(
    pki: Pki, change: dict[str, Any], code: str, says: str
) -> None:
    with running(pki) as system:
        (name, value), *_ = change.items()
        setattr(system.simulator.nodes[1], name, value)
        found = finding(system, code)
        assert "cluster" not in levels(system.findings())
    assert found.level == "warning"
    assert says in found.summary
    assert found.action


def test_gateways_outside_may_share_their_zone(pki: Pki) -> None:
    with running(pki) as system:
        outside = system.simulator.nodes[1]
        system.simulator.nodes.append(evolve(outside, name="mbg3", address="192.0.2.23"))
        assert finding(system, "cluster").level == "ok"


@pytest.mark.parametrize("status", [404, 503])
def test_a_web_service_that_is_not_active_is_a_finding_of_its_own(pki: Pki, status: int) -> None:
    with running(pki) as system:
        system.simulator.stopped = status
        findings, error = system.findings(), failure(system)
    assert levels(findings) == ["reachable", "tls", "service failure"]
    assert isinstance(error, Refused)
    assert f"is not active ({status}" in str(error)
    assert "Web services > Start" in findings[-1].action


def test_a_clock_that_is_off_is_found_before_it_refuses(pki: Pki) -> None:
    with running(pki) as system:
        system.simulator.faults.skew = timedelta(minutes=3)
        assert levels(system.findings()) == [*HEALTHY[:3], "clock warning", *HEALTHY[4:]]
        system.simulator.faults.skew = timedelta(hours=3)
        findings = system.findings()
    assert levels(findings)[3:] == ["clock warning", "authorized failure"]
    theirs = datetime.now(UTC) + timedelta(hours=3)
    assert f"It has {theirs:%Y-%m-%d %H}:" in findings[3].summary
    assert "Set both clocks" in findings[4].action


def test_a_token_that_is_never_renewed_is_warned_about(pki: Pki) -> None:
    clock = {"now": datetime.now(UTC)}
    given = {"clock": lambda: clock["now"], "timestamps": lambda: datetime.now(UTC)}
    with running(pki, let_in=False, **given) as system:
        clock["now"] -= timedelta(340)
        system = system.let_in()
        found = finding(system, "authorized")
        assert (found.level, "24 days are left" in found.summary) == ("warning", True)
        assert "offhook connections renew test" in found.action
        clock["now"] += timedelta(400)
        assert levels(system.findings())[-1] == "authorized failure"
        assert "token has ended" in finding(system, "authorized").summary


def test_a_request_that_waits_is_found(pki: Pki) -> None:
    with running(pki, let_in=False) as system:
        waiting = evolve(system, authorization=system.step(Begin()))
        found = finding(waiting, "authorized")
    assert found.level == "failure"
    assert "has not been approved yet" in found.summary


@pytest.mark.parametrize(
    ("lacking", "step", "says"),
    [
        (table.MANAGE_TOKEN, "authorized", "cannot be renewed"),
        (table.READ_USERS, "rights", "Neither users nor credentials"),
        (table.READ_PASSWORDS, "rights", "can be set, but not be read"),
        (table.READ_SETTINGS, "cluster", "cannot be looked at"),
    ],
)
def test_a_permission_that_lacks_is_named_with_what_follows(
    pki: Pki, lacking: str, step: str, says: str
) -> None:
    with running(pki) as system:
        consumer = system.simulator.oauth.consumers[table.CONSUMER_ID]
        consumer.permissions = tuple({*table.PERMISSIONS} - {lacking})
        found = finding(system, step)
    assert found.level == "warning"
    assert lacking in found.action
    assert says in found.meaning


FAULTS = [
    ({"truncated_page": 1}, BadAnswer, "JSON that cannot be read at /api/v1/sip-users"),
    ({"failing_page": 1}, BadAnswer, "with status 500: The database does not answer"),
]


@pytest.mark.parametrize(("fault", "kind", "says"), FAULTS)
def test_a_page_that_fails_ends_the_reading_with_one_error(
    pki: Pki, fault: dict[str, Any], kind: type[RemoteError], says: str
) -> None:
    with running(pki, **fault) as system:
        error = failure(system)
    assert type(error) is kind
    assert says in str(error)


def test_a_slow_gateway_is_told(pki: Pki) -> None:
    with running(pki) as system:
        system.simulator.faults.seconds = 2
        error = failure(system, timeout=1)
    assert isinstance(error, Unreachable)
    assert "did not answer in time" in str(error)


def test_a_failure_that_passes_is_not_noticed_and_its_nonce_is_another(pki: Pki) -> None:
    replies = [502]

    def stumbling(app: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == "/api/v1/sip-users" and replies:
                app_or_not = PlainTextResponse("busy", replies.pop())
                await app(scope, receive, _nowhere)  # it has seen the nonce
                await app_or_not(scope, receive, send)
            else:
                await app(scope, receive, send)

        return answer

    with running(pki, around=stumbling) as system:
        assert len(system.users()) == 5
    assert not replies


async def _nowhere(message: Any) -> None:
    """Take an answer that nobody gets."""


def test_a_cluster_that_cannot_be_read_is_no_lack_of_rights(pki: Pki) -> None:
    with running(pki, failing={"cluster"}) as system:
        found = finding(system, "cluster")
    assert found.level == "warning"
    assert "Grant" not in found.action
    assert "log" in found.action


def test_pages_that_repeat_themselves_or_lack_are_noticed(pki: Pki) -> None:
    with running(pki) as system:
        assert "the page before, again" in str(failure(system, facts="query.page=seite"))
        assert "3 of 5 SIP users came" in str(failure(system, facts="query.first=1"))
        assert "holds no list of SIP users" in str(failure(system, facts="page.items=people"))


@pytest.mark.parametrize(
    ("shown", "says"),
    [("expired", "has expired"), ("self_signed", "is self-signed"), ("wrong_name", "another name")],
)
def test_a_wrong_certificate_is_found(pki: Pki, shown: str, says: str) -> None:
    with running(pki, let_in=False, certificate=getattr(pki, shown)) as system:
        findings = system.findings()
    assert levels(findings) == ["tls failure"]
    assert says in findings[0].summary


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("token_expired", "our request has expired"),
        ("user_refused", "denied by its administrator"),
        ("timestamp_refused", "it does not say its own"),
        ("never_heard_of", "does not accept the request (401)"),
    ],
)
def test_problems_in_the_header_alone_are_understood(pki: Pki, code: str, says: str) -> None:
    headers = {"WWW-Authenticate": f'OAuth realm="MBG", oauth_problem="{code}"'}

    def refusing(app: Any) -> Any:
        refusal = JSONResponse({}, 401, headers=headers)

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            told = refusal if scope["path"] == table.PATHS["access_token"] else app
            await told(scope, receive, send)

        return answer

    with running(pki, let_in=False, around=refusing) as system:
        waiting = evolve(system, authorization=system.step(Begin()))
        with pytest.raises(Refused) as caught:
            waiting.step(Finish(Secret("v")))
    assert says in str(caught.value)


def test_a_gateway_that_calls_everything_otherwise_is_served_by_overrides_alone(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {"path": table.PATHS, "query": table.PARAMETERS, "form": table.TOKEN_FORM}
    tables |= {"token": table.TOKEN, "page": table.PAGE, "node": table.NODE}
    tables |= {"settings": table.SETTINGS, "error": table.ERROR}
    facts = []
    for section, names in tables.items():
        for name, value in names.items():
            other = f"/x{value}" if section == "path" else f"x-{value}"
            monkeypatch.setitem(names, name, other)
            if f"{section}.{name}" in FACTS.all:
                facts.append(f"{section}.{name}={other}")
    with running(pki, facts=";".join(facts)) as system:
        assert len(system.users()) == 5
        assert levels(system.findings()) == HEALTHY
        assert system.push(wanted(0)) == {}
        assert set(map(type, system.fetch(asked(0, 1)).values())) != {str}
        assert "weak: The set-side" in system.push(wanted(0, password="short"))["u0"]


def test_the_keys_of_a_user_can_be_others() -> None:
    section = FACTS.section("user")
    names = {**FACTS.taken(), **{f"user.{name}": (f"x-{name}",) for name in section}}
    texts = {"id": 7, "username": "ana-1", "availability": "Everywhere", "icp": "192.0.2.1"}
    item = {f"x-{name}": value for name, value in texts.items()}
    user = read_user({**item, "x-enabled": "No", "x-password": "p"}, names)
    assert (user.id, user.username, user.number, user.icp) == ("7", "ana-1", "1", "192.0.2.1")
    assert (user.enabled, user.password) == (False, Secret("p"))
