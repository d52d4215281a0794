"""What a border gateway refuses on the way in is one sentence, and what to do about it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from starlette.responses import JSONResponse

from offhook.api import (
    Authorization,
    BadAnswer,
    Begin,
    Finish,
    Refused,
    RemoteError,
    Renew,
    Secret,
    Unreachable,
)
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET
from offhook_simulators.mbg_data import Refused as Declined
from tests.lab.pki import Pki
from tests.plugins.mbg_system import System, running, wanted

NOW = datetime.now(UTC).replace(microsecond=0)


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
    system = gateway.let_in() if step == Renew() else gateway.requested()
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
    system = gateway.requested()
    verifier = gateway.approve(system.token)
    error = failure(system, Finish(Secret("not-this-one")))
    assert "finds the verifier wrong" in str(error)
    assert "not-this-one" not in str(error)
    assert system.step(Finish(Secret(verifier))).state == "verified"


def test_a_request_that_nobody_approved_yet_is_told(gateway: System) -> None:
    error = failure(gateway.requested(), Finish(Secret("too-early")))
    assert "nobody has approved the request yet" in str(error)


def test_a_request_that_was_denied_is_told(gateway: System) -> None:
    system = gateway.requested()
    gateway.approve(system.token, decision="deny")
    error = failure(system, Finish(Secret("v")))
    assert "does not know our request: it was denied" in str(error)
    assert "authorize test" in error.hint


def test_a_verifier_is_good_once(gateway: System) -> None:
    system = gateway.requested()
    verifier = Secret(gateway.approve(system.token))
    system.step(Finish(verifier))
    assert "answered before" in str(failure(system, Finish(verifier)))


def test_steps_in_a_wrong_order_are_refused(gateway: System) -> None:
    assert "No request of 'test' waits" in str(failure(gateway, Finish(Secret("v"))))
    assert "has not let us in" in str(failure(gateway, Renew()))
    waiting = gateway.requested()
    error = failure(waiting, Renew())
    assert "has not been approved yet" in str(error)
    assert waiting.token.approve_at in error.hint


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


def test_a_gateway_that_quotes_the_request_makes_no_secret_known(pki: Pki) -> None:
    quoted: list[str] = []

    def quoting(app: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            header = dict(scope["headers"])[b"authorization"].decode()
            said = re.findall(r'(oauth_(?:token|verifier|signature)="[^"]+")', header)
            quoted.extend(said)
            told = {"code": "signature_invalid", "message": f"It is not {' '.join(said)}"}
            await JSONResponse(told, 401)(scope, receive, send)

        return answer

    asked = Authorization(
        state="requested", token=Secret("t0k/en"), secret=Secret("s3&cret"), token_id=""
    )
    with running(pki, let_in=False, around=quoting) as gateway:
        waiting = evolve(gateway, authorization=asked)
        error = failure(waiting, Finish(Secret("v3rifi+er")), signature_method="PLAINTEXT")
    assert len(quoted) == 3
    assert str(error).endswith(
        'It is not oauth_token="****" oauth_verifier="****" oauth_signature="****%26****"'
    )


def test_a_step_is_not_taken_twice(gateway: System) -> None:
    """Whoever asks for a token again by himself may get two."""
    gateway.simulator.faults.failing.add("request_token")
    assert isinstance(failure(gateway, Begin()), BadAnswer)
    assert gateway.simulator.calls == {"request_token": 1}
    gateway.simulator.faults.failing.clear()
    gateway.simulator.faults.seconds = 2
    assert isinstance(failure(gateway, Begin(), timeout=1), Unreachable)
    assert gateway.simulator.calls == {"request_token": 2}


@pytest.mark.parametrize("status", [404, 503])
def test_services_that_stop_over_a_password_are_named(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def stop(*_: object) -> None:
        raise Declined("service_stopped", "The web services are stopped", status)

    with running(pki) as system:
        monkeypatch.setattr(system.simulator.users, "change", stop)
        with pytest.raises(Refused, match=r"web service .* is not active"):
            system.push(wanted(0))


def test_a_gateway_with_another_certificate_gets_no_signature(pki: Pki) -> None:
    with running(pki, let_in=False, certificate=pki.wrong_name) as system:
        assert isinstance(failure(system, Begin()), Refused)
        assert not system.simulator.calls
