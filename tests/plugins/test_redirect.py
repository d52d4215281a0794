"""The transport by way of a redirect service, tried with the real one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from attrs import evolve

import offhook_redirect
from offhook.api import (
    Authorization,
    Begin,
    Finish,
    Handover,
    Probe,
    Receipt,
    Refused,
    Renew,
    Secret,
    Unreachable,
)
from offhook.doors import Plugins
from offhook.testing import PluginContract, sample_connection, sample_message
from offhook_redirect import Options
from tests.lab.pki import Pki
from tests.lab.smtp_sink import Faults, Sink, StartSink
from tests.plugins.redirect_service import DOOR, Service, run_service
from tests.redirect.hosts import Host, running

pytestmark = pytest.mark.lab


class TestContract(PluginContract):
    plugin = offhook_redirect
    options: ClassVar[Options] = Options(host="r.example.org", sender="it@example.org")


@pytest.fixture
def sink(start_sink: StartSink) -> Sink:
    return start_sink()


@pytest.fixture
def service(tmp_path: Path, pki: Pki, sink: Sink) -> Iterator[Service]:
    mail = {"smtp_host": sink.host, "smtp_port": sink.port, "smtp_ca_file": str(pki.root)}
    with run_service(tmp_path, pki, **mail) as running_service:
        yield running_service


@pytest.fixture
def host(pki: Pki) -> Iterator[Host]:
    with running(pki.leaf) as started:
        yield started


# The key


def test_the_operator_gets_the_public_key_and_the_private_one_stays_hidden(service: Service):
    asked = DOOR.authorize(service.connection(), Begin())

    assert asked.state == "requested"
    assert asked.approve_at == ""
    assert asked.secret.reveal() not in repr(asked)
    assert asked.token_id != asked.secret.reveal()


def test_only_what_the_operator_has_added_is_let_in(service: Service):
    connection = service.connection()
    asked = evolve(connection, authorization=DOOR.authorize(connection, Begin()))

    with pytest.raises(Refused, match="not known") as caught:
        DOOR.authorize(asked, Finish(Secret("")))
    assert "servers add" in caught.value.hint

    assert service.known().authorization


def test_a_key_that_waits_for_the_operator_is_not_made_anew(service: Service):
    connection = service.connection()
    first = DOOR.authorize(connection, Begin())

    assert DOOR.authorize(evolve(connection, authorization=first), Begin()) == first
    assert DOOR.authorize(connection, Begin()).token_id != first.token_id


def test_renewing_keeps_the_key_and_tells_when_it_is_not_known_any_more(service: Service):
    connection = service.known()

    assert DOOR.authorize(connection, Renew()) == connection.authorization

    service.store.remove_server("north")
    with pytest.raises(Refused):
        DOOR.authorize(connection, Renew())


# Mails


def send(connection: object, *keys: str, plugins: Plugins = DOOR) -> list[Handover | Receipt]:
    messages = [sample_message(key, to=f"{key}@example.org") for key in keys]
    return list(plugins.send(connection, messages))  # type: ignore[arg-type]


def test_mails_go_out_through_the_mail_server_of_the_service(service: Service, sink: Sink):
    connection = service.known(reply_to="help@example.org")

    steps = send(connection, "m-1", "m-2")

    assert [type(step) for step in steps] == [Handover, Receipt, Handover, Receipt]
    assert {step.repeatable for step in steps if isinstance(step, Handover)} == {True}
    assert {step.outcome for step in steps if isinstance(step, Receipt)} == {"sent"}
    first, second = sink.messages(2)
    assert (first["To"], second["To"]) == ("m-1@example.org", "m-2@example.org")
    assert (first["From"], first["Reply-To"]) == ("it@example.org", "help@example.org")
    assert first["Message-ID"] == "<m-1@phones.example.org>"


def test_a_mail_that_is_sent_again_arrives_once(service: Service, sink: Sink):
    connection = service.known()

    outcomes = [send(connection, "m-1")[-1].outcome for _ in range(3)]  # type: ignore[union-attr]

    assert outcomes == ["sent", "sent", "sent"]
    assert len(sink.messages(1)) == 1


def test_what_its_mail_server_says_is_said_here(tmp_path: Path, pki: Pki, start_sink: StartSink):
    faults = Faults(
        permanent={"never@example.org": -1},
        temporary={"later@example.org": -1},
        drop_stored={"lost@example.org": -1},
    )
    sink = start_sink(faults=faults)
    mail = {"smtp_host": sink.host, "smtp_port": sink.port, "smtp_ca_file": str(pki.root)}
    with run_service(tmp_path, pki, **mail) as service:
        steps = send(service.known(), "never", "later", "lost", "fine")

    receipts = [step for step in steps if isinstance(step, Receipt)]
    assert [each.outcome for each in receipts] == ["failed", "later", "uncertain", "sent"]
    assert "550" in receipts[0].detail


def test_a_mail_that_cannot_be_written_holds_up_no_other(service: Service, sink: Sink):
    messages = [sample_message("m-1", to="no address"), sample_message("m-2")]

    steps = list(DOOR.send(service.known(), messages))

    assert steps[0] == Receipt("m-1", "failed", steps[0].detail)  # type: ignore[union-attr]
    assert [step.key for step in steps[1:]] == ["m-2", "m-2"]
    assert len(sink.messages(1)) == 1


def test_a_service_without_a_mail_server_holds_the_mails_and_says_so(tmp_path: Path, pki: Pki):
    with run_service(tmp_path, pki) as service, pytest.raises(Refused, match="no mail server"):
        send(service.known(), "m-1")


def test_without_a_key_nothing_is_handed_over(service: Service):
    connection = service.connection()
    with pytest.raises(Refused) as caught:
        send(connection, "m-1")
    assert caught.value.hint == "offhook connections authorize test"

    asked = evolve(connection, authorization=DOOR.authorize(connection, Begin()))
    assert asked.authorization
    with pytest.raises(Refused) as caught:
        send(asked, "m-1")
    assert asked.authorization.token_id in caught.value.hint


# Routes and the view from outside


def test_a_host_that_names_our_key_gets_a_route(service: Service, host: Host):
    connection = service.known()
    assert connection.authorization
    host.name("another", connection.authorization.token_id)

    route = DOOR.open_route(connection, "localhost", host.port, "linphone")
    again = DOOR.open_route(connection, "localhost", host.port, "linphone")

    assert route.address.startswith(f"https://localhost:{service.port}/")
    assert again.address == route.address
    assert timedelta(59) < route.expires_at - datetime.now(UTC) < timedelta(61)


def test_a_host_that_does_not_name_our_key_gets_none(service: Service, host: Host):
    host.name("another")

    with pytest.raises(Refused, match="not proved") as caught:
        DOOR.open_route(service.known(), "localhost", host.port, "linphone")
    assert "/.well-known/offhook" in caught.value.hint


def test_the_service_tells_what_it_meets_in_the_order_that_was_asked(service: Service, host: Host):
    connection = service.known()
    assert connection.authorization
    host.name(connection.authorization.token_id)
    host.answers["/healthz"] = (200, {}, b"ok\n")
    probes = [
        Probe(scheme="https", host="localhost", port=host.port, path=path)
        for path in ("/healthz", "/nothing")
    ]

    view = DOOR.probe(connection, "localhost", probes)

    assert view.proof.ok
    assert [(each.stage, each.kind, each.code) for each in view.outcomes][1] == (
        "http",
        "status",
        "404",
    )
    assert view.outcomes[0].ok
    assert view.outcomes[0].hop


def test_a_host_that_is_not_ours_is_not_tried(service: Service, host: Host):
    host.name("another")
    probe = Probe(scheme="https", host="localhost", port=host.port, path="/healthz")

    view = DOOR.probe(service.known(), "localhost", [probe])

    assert (view.proof.kind, view.proof.code, view.outcomes) == ("proof", "other-key", ())
    assert host.asked == ["/.well-known/offhook"]


# What is found out


def findings(connection: object) -> dict[str, str]:
    return {each.code: each.level for each in DOOR.diagnose(connection)}  # type: ignore[arg-type]


def test_all_is_well_when_the_service_knows_us(service: Service):
    seen = findings(service.known())

    assert seen == {
        "redirect-reachable": "ok",
        "redirect-tls": "ok",
        "redirect-clock": "ok",
        "redirect-known": "ok",
    }


def test_a_key_that_waits_is_found_and_one_that_is_gone_as_well(service: Service):
    assert findings(service.connection())["redirect-known"] == "failure"

    connection = service.known()
    service.store.remove_server("north")
    assert findings(connection)["redirect-known"] == "failure"


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_told_and_not_used(
    name: str, service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    seen = findings(service.known())

    assert seen["redirect-proxy"] == "note"
    assert seen["redirect-known"] == "ok"


def test_a_service_with_a_wrong_certificate_is_asked_nothing(service: Service):
    connection = service.known()
    wrong = evolve(connection, options=evolve(connection.options, ca_file=""))

    assert findings(wrong)["redirect-tls"] == "failure"
    with pytest.raises(Refused, match="certificate"):
        send(wrong, "m-1")


def test_nobody_there_is_unreachable():
    key = Authorization(
        state="verified", token=Secret("k"), secret=Secret("A" * 43 + "="), token_id="k"
    )
    options = Options(host="localhost", port=9, sender="it@example.org")
    nobody = evolve(sample_connection("redirect", options), authorization=key)

    with pytest.raises(Unreachable):
        send(nobody, "m-1")
    assert findings(nobody) == {"redirect-reachable": "failure"}
