"""``connections authorize --callback`` waits for what the approver's browser brings."""

from urllib.parse import parse_qs, urlsplit

import pytest

from offhook.cli import authorizing
from offhook.errors import Refused, Unreachable
from offhook.model.secrets import Secret
from offhook.provisioning import authorizations
from tests.plugins.mbg_system import running

CALLBACK = ("connections", "authorize", "edge", "--callback")


@pytest.fixture
def gateway(offhook, pki):
    """A border gateway, connected as ``edge``, that has not let us in."""
    with running(pki, let_in=False) as system:
        names = ("host", "port", "ca_file", "consumer_id")
        texts = [f"{name}={system.options[name]}" for name in names]
        texts.append(f"consumer_secret={system.options['consumer_secret'].reveal()}")
        offhook.run("connections", "add", "edge", "--plugin", "mbg", *texts)
        yield system


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen where the command would sleep."""
    return lambda act: monkeypatch.setattr(authorizing, "sleep", lambda _seconds: act())


def decide(app, gateway, decision):
    """Be the approver, and the portal that hears of it."""
    with app.store.read() as tx:
        asked = tx.authorizations.get("edge").authorization
    back = urlsplit(gateway.decide(asked, decision).headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == app.settings.callback_url
    brought = parse_qs(back.query)
    (token,), (verifier,) = brought["oauth_token"], brought.get("oauth_verifier", [""])
    told = {"actor": "browser", "now": app.now()}
    return authorizations.take_callback(app.store, app.plugins, token, Secret(verifier), **told)


def test_it_ends_when_the_approver_has_clicked(offhook, gateway, meanwhile):
    meanwhile(lambda: decide(offhook.app, gateway, "approve"))

    said = offhook.run(*CALLBACK)

    assert "waits for approval at https://localhost:" in said
    assert "https://localhost:8444/authorized" in said
    assert "edge is authorised: token T1, until 20" in said


def test_it_ends_with_an_error_when_the_approver_has_denied(offhook, gateway, meanwhile):
    def deny():
        with pytest.raises(Refused):
            decide(offhook.app, gateway, "deny")

    meanwhile(deny)

    with pytest.raises(Refused, match="denied at the gateway"):
        offhook.run(*CALLBACK)


def test_nobody_in_time_is_an_error_and_the_request_stays(offhook, gateway):
    with pytest.raises(Unreachable, match="within 1 s") as caught:
        offhook.run(*CALLBACK, "--wait", "1")

    assert "the server takes it" in caught.value.hint
    assert decide(offhook.app, gateway, "approve")


def test_ctrl_c_ends_the_wait_and_the_request_stays(offhook, gateway, meanwhile):
    def interrupt():
        raise KeyboardInterrupt

    meanwhile(interrupt)

    offhook.run(*CALLBACK, expect=130)

    assert decide(offhook.app, gateway, "approve")


def test_a_verifier_is_copied_or_brought_not_both(offhook):
    assert "give one of" in offhook.run(*CALLBACK, "--verifier", "1234", expect=2)
