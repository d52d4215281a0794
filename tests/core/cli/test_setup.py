"""``offhook setup``: what is done, open and failing, in the order of the guide."""

import datetime

import pytest
import trustme

from offhook.model.authorizations import Authorization
from offhook.model.diagnoses import Check, Diagnosis
from offhook.model.secrets import Secret
from offhook.provisioning import connections, profiles
from offhook.provisioning.connections import NOT_RENEWED, UNREACHABLE, UNREADABLE
from offhook.store.authorizations import StoredAuthorization

STEPS = ["configuration", "certificate", "gateways", "profiles", "diagnostics", "mail", "users"]


@pytest.fixture
def item(offhook):
    """Return one step as the checklist has it; exit 1 where any step is failing."""

    def look(step, *, failing=False):
        found = offhook.json("setup", expect=1 if failing else 0)
        assert [each["step"] for each in found] == STEPS
        (one,) = (each for each in found if each["step"] == step)
        assert failing is (one["state"] == "failing")
        return one

    return look


def connect(app, name="edge"):
    options = {"host": "mbg.example.org", "consumer_id": "offhook", "consumer_secret": "s3cret"}
    connections.add(app.store, app.plugins, name, "mbg", options, actor="", now=app.now())


def authorize(app, *, state="verified", ends=300):
    given = Authorization(
        state=state,
        token=Secret("t"),
        secret=Secret("s"),
        token_id="T1",
        expires_at=app.now() + datetime.timedelta(days=ends),
    )
    with app.store.write() as tx:
        tx.authorizations.put(StoredAuthorization(connection="edge", authorization=given))


def raise_event(app, code, subject):
    with app.store.write() as tx:
        tx.events.raise_once("warning", code, subject, f"{subject} does not answer.", app.now())


def edit(app, **texts):
    profiles.edit(app.store, app.plugins, "default", texts, actor="", now=app.now())


def test_a_person_sees_every_step_with_what_to_type(offhook):
    said = offhook.run("setup")

    places = [said.index(label) for label in ("Configuration", "Certificate", "E-mail", "Users")]
    assert places == sorted(places)
    assert "offhook diagnose default" in said


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://localhost:8443", "open"),
        ("https://192.0.2.1", "failing"),
        ("https://phones.example.org", "done"),
    ],
)
def test_clients_must_be_sent_somewhere(item, monkeypatch, url, state):
    monkeypatch.setenv("OFFHOOK_PUBLIC_URL", url)

    assert item("configuration", failing=state == "failing")["state"] == state


def test_a_certificate_is_missing_or_that_of_a_proxy(item, monkeypatch):
    assert item("certificate")["state"] == "open"
    monkeypatch.setenv("OFFHOOK_TRUSTED_PROXIES", "10.2.0.11")

    assert "proxy in front, 10.2.0.11" in item("certificate")["summary"]
    assert item("certificate")["state"] == "done"


def test_a_certificate_that_phones_refuse_is_failing(item, monkeypatch, tmp_path):
    issued = trustme.CA().issue_cert("other.example.org")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    monkeypatch.setenv("OFFHOOK_CERTIFICATE", str(tmp_path / "own.pem"))
    monkeypatch.setenv("OFFHOOK_PRIVATE_KEY", str(tmp_path / "own.pem"))

    found = item("certificate", failing=True)
    assert "phones.example.org" in found["summary"]
    assert found["command"] == "offhook certs check phones.example.org --port 443"


def test_files_of_a_certificate_that_are_gone_are_failing(item, monkeypatch, tmp_path):
    monkeypatch.setenv("OFFHOOK_CERTIFICATE", str(tmp_path / "gone.pem"))
    monkeypatch.setenv("OFFHOOK_PRIVATE_KEY", str(tmp_path / "gone.pem"))

    assert "gone.pem cannot be read" in item("certificate", failing=True)["summary"]


def test_without_teleworkers_no_gateway_is_missed_once_users_are_there(offhook, item):
    assert item("gateways")["state"] == "done"
    offhook.run("users", "delete", "7328", "--yes")

    assert "before users come in" in item("gateways")["summary"]
    assert item("gateways")["state"] == "open"


def test_a_gateway_is_failing_where_phones_need_one_that_is_not_there(offhook, item):
    edit(offhook.app, use_teleworker="on", gateway_host="mbg.example.org")

    assert "phones of default register at one" in item("gateways", failing=True)["summary"]


def test_a_gateway_has_to_let_us_in_and_to_go_on_doing_so(offhook, item):
    connect(offhook.app)
    assert item("gateways")["command"] == "offhook connections authorize edge"
    assert item("gateways")["state"] == "open"

    authorize(offhook.app)
    assert item("gateways")["state"] == "done"

    raise_event(offhook.app, NOT_RENEWED, "edge")
    assert item("gateways", failing=True)["summary"] == "edge does not answer."

    authorize(offhook.app, ends=-2)
    assert "has ended" in item("gateways", failing=True)["summary"]


def test_profiles_are_open_until_somebody_looked_and_failing_where_they_contradict(offhook, item):
    assert item("profiles")["state"] == "done"
    with offhook.app.store.write() as tx:
        wrong = profiles.get(tx, "default")
        tx.profiles.replace(
            type(wrong)(id=wrong.id, name="default", settings={"use_teleworker": "on"})
        )

    assert "gateway_host" in item_of(offhook, "profiles")["summary"]


def item_of(offhook, step):
    """Return one step where several are failing."""
    return next(each for each in offhook.json("setup", expect=1) if each["step"] == step)


@pytest.mark.parametrize(
    ("verdict", "state"), [("passed", "done"), ("failed", "failing"), ("inside view only", "done")]
)
def test_the_last_diagnosis_counts(offhook, item, verdict, state):
    assert item("diagnostics")["state"] == "open"
    for each in ("failed", verdict):
        check = Check(name="download", label="Download", verdict=each)
        with offhook.app.store.write() as tx:
            tx.diagnoses.add(
                Diagnosis(
                    profile="default",
                    host="phones.example.org",
                    at=offhook.app.now(),
                    checks=(check,),
                    remarks=(),
                )
            )

    assert item("diagnostics", failing=state == "failing")["state"] == state


def test_mails_need_a_connection_that_works(offhook, item):
    assert item("mail")["state"] == "done"
    raise_event(offhook.app, UNREACHABLE, "mail")
    assert item("mail", failing=True)["command"] == "offhook connections check mail"

    offhook.run("connections", "remove", "mail", "--yes")
    assert item("mail")["state"] == "open"


def test_users_are_there_or_not_or_their_source_fails(offhook, item):
    assert item("users")["state"] == "done"
    offhook.run("users", "delete", "7328", "--yes")
    assert item("users")["command"] == "offhook users import-csv FILE"

    connect(offhook.app)
    authorize(offhook.app)
    assert item("users")["command"] == "offhook users import --all"
    raise_event(offhook.app, UNREADABLE, "edge")
    assert item("users", failing=True)["summary"] == "edge does not answer."


def test_an_installation_that_was_just_made_has_everything_before_it(
    tmp_path, monkeypatch, offhook
):
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "fresh"))
    offhook.run("init")

    assert {each["state"] for each in offhook.json("setup")} == {"open"}
