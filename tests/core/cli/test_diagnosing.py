"""``offhook diagnose`` with real servers: from here, and by a real redirect service."""

import re
from datetime import UTC, datetime

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from offhook.diagnostics import reaching
from offhook.errors import InvalidInput, UnknownName
from offhook_simulators.bad_certificates import Authority
from offhook_simulators.client_service import ClientService
from tests.lab.processes import free_port
from tests.plugins.redirect_service import run_service
from tests.redirect.hosts import running


@pytest.fixture(scope="module")
def authority():
    return Authority.make(["localhost"])


@pytest.fixture
def trusting(pki, authority, tmp_path, monkeypatch):
    """Certificates for tests, and a root file with both authorities that this process trusts."""
    with ClientService(tmp_path / "unused", port=0, authority=authority) as service:
        roots = pki.root.read_text() + service.certificate.authority.read_text()
    bundle = tmp_path / "roots.pem"
    bundle.write_text(roots)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    return evolve(pki, root=bundle)


@pytest.fixture
def host(offhook, trusting):
    """The download host of the default profile, healthy."""
    with running(trusting.leaf) as host:
        host.answers["/healthz"] = (200, {}, b"ok\n")
        offhook.run("profiles", "edit", "default", f"download_host=localhost:{host.port}")
        yield host


@pytest.fixture
def start_service(offhook, host, authority, tmp_path, monkeypatch):
    """Start a client service with a fault, which the profile's clients sign in to."""
    started = []

    def start(fault=""):
        service = ClientService(tmp_path / "service", fault=fault, port=0, authority=authority)
        started.append(service.__enter__())
        monkeypatch.setattr(reaching, "SERVICE_PORT", service.port)
        offhook.run("settings", "set", "client_service_host=localhost")

    yield start
    for service in started:
        service.__exit__()


@pytest.fixture
def redirect(offhook, trusting, tmp_path, host):
    """A redirect service that knows this installation, whose key the download host shows."""
    with capture_logs(), run_service(tmp_path, trusting) as service:
        options = ["host=localhost", f"port={service.port}", f"ca_file={trusting.root}"]
        adding = ["connections", "add", "away", "--plugin", "redirect", "sender=it@example.org"]
        offhook.run(*adding, *options)
        said = offhook.run("connections", "authorize", "away")
        key = re.search(r"[A-Za-z0-9+/]{43}=", said)[0]
        service.store.add_server("north", key, now=datetime.now(UTC))
        offhook.run("connections", "authorize", "away", "--approved")
        host.name(key)
        yield service


def checks(offhook, *arguments, expect=0):
    found = offhook.json("diagnose", "default", *arguments, expect=expect)
    return {check["name"]: check for check in found["checks"]}


def codes(check):
    return [finding["code"] for finding in check["findings"]]


def test_without_a_redirect_service_nothing_is_called_passed(offhook, start_service):
    start_service()
    offhook.run("connections", "remove", "mail", "--yes")

    found = checks(offhook)

    assert found["redirect"]["verdict"] == "not configured"
    assert found["download"]["verdict"] == "inside view only"
    assert found["service"]["verdict"] == "inside view only"
    assert codes(found["download"]) == ["download-reached", "dns-inner-address"]


def test_every_connection_has_a_word_in_it(offhook, host):
    found = checks(offhook, expect=1)

    assert found["connection mail"]["verdict"] == "failed"
    assert "profile" in found


def test_a_redirect_service_looks_from_outside(offhook, start_service, redirect):
    start_service()

    found = checks(offhook, expect=1)  # of the mail server

    assert [found[test]["verdict"] for test in ("redirect", "download", "service")] == [
        "passed",
        "passed",
        "passed",
    ]
    assert "connection away" not in found  # it is test 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [("200", "service-not-websocket"), ("closes-after", "service-lost")],
)
def test_what_it_meets_outside_is_recognised_here(offhook, start_service, redirect, fault, code):
    start_service(fault)

    assert codes(checks(offhook, expect=1)["service"])[0] == code


@pytest.mark.parametrize(
    ("status", "code"), [(404, "download-not-found"), (503, "download-unavailable")]
)
def test_a_download_host_that_answers_wrongly_fails(offhook, host, redirect, status, code):
    host.answers["/healthz"] = (status, {}, b"")

    found = checks(offhook, expect=1)["download"]

    assert found["verdict"] == "failed"
    assert codes(found)[0] == code


def test_a_host_that_is_not_ours_fails_the_second_test(offhook, start_service, host, redirect):
    start_service()
    host.name("somebody else's key")

    found = checks(offhook, expect=1)

    assert codes(found["download"])[0] == "download-host-invalid"
    assert found["service"]["verdict"] == "inside view only"
    assert codes(found["service"])[-1] == "download-host-invalid"


def test_while_the_redirect_service_is_away_the_view_from_here_is_shown(
    offhook, start_service, host, redirect
):
    start_service()
    offhook.run("connections", "edit", "away", f"port={free_port()}")

    found = checks(offhook, expect=1)

    assert codes(found["redirect"]) == ["redirect-refused"]
    for test in ("download", "service"):
        assert found[test]["verdict"] == "inside view only"
        assert codes(found[test])[0] == f"{test}-reached"
        assert codes(found[test])[-1] == f"{test}-not-from-outside"


def test_a_client_service_without_a_name_is_tried_from_here(offhook, host, redirect):
    offhook.run("settings", "set", "client_service_host=127.0.0.3")

    found = checks(offhook, expect=1)

    assert codes(found["service"])[0] == "service-refused"
    assert found["download"]["verdict"] == "passed"


def test_from_here_too_a_host_must_answer_as_offhook_does(offhook, host):
    host.answers["/healthz"] = (200, {}, b"<html>Welcome")

    assert codes(checks(offhook, expect=1)["download"])[0] == "download-host-invalid"


def test_another_host_stands_in_for_both_tests(offhook, host, start_service):
    start_service()

    found = offhook.json("diagnose", "default", "--host", "localhost:9", expect=1)

    assert found["host"] == "localhost"
    by_name = {check["name"]: check for check in found["checks"]}
    assert codes(by_name["download"])[0] == "download-refused"
    assert by_name["service"]["verdict"] == "inside view only"


def test_without_a_client_service_the_third_test_is_not_configured(offhook, host):
    assert checks(offhook, expect=1)["service"]["verdict"] == "not configured"


def test_a_proxy_in_the_environment_is_told(offhook, host, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    found = checks(offhook, expect=1)

    assert codes(found["process"])[0] == "proxy-variable"
    assert found["download"]["verdict"] == "inside view only"


def test_people_read_result_finding_and_remarks(offhook, host):
    said = offhook.run("diagnose", "default", expect=1)

    assert "Profile default, download host localhost" in said
    assert "inside view only" in said
    assert "split DNS" in said
    assert "A lab without a public address" in said


def test_runs_are_kept_and_shown_the_newest_first(offhook, host):
    assert "never diagnosed" in offhook.run("diagnose", "default", "--history")
    offhook.run("diagnose", "default", expect=1)
    offhook.run("diagnose", "default", "--host", "localhost:9", expect=1)

    said = offhook.run("diagnose", "default", "--history")
    found = offhook.json("diagnose", "default", "--history")

    assert said.index("download-refused") < said.index("inside view only")
    assert [each["checks"][1]["verdict"] for each in found] == ["failed", "inside view only"]


def test_a_profile_is_saved_and_diagnosed_in_one_go(offhook, host):
    said = offhook.run(
        "profiles", "edit", "default", "--diagnose", "--yes", "conference_code=55", expect=1
    )

    assert "Profile default is changed" in said
    assert "Configuration download" in said


def test_a_pasted_message_is_explained(offhook):
    said = offhook.run("diagnose", "--explain", "ERROR: DEPTH_ZERO_SELF_SIGNED_CERT")
    found = offhook.json("diagnose", "--explain", "[Errno 111] Connection refused")

    assert "service-self-signed" in said
    assert [each["test"] for each in found] == [
        "1, redirect service",
        "2, download",
        "3, service",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ([], InvalidInput, "which profile"),
        (["nobody"], UnknownName, "nobody"),
        (["nobody", "--history"], UnknownName, "nobody"),
        (["default", "--host", "https://x"], InvalidInput, "host"),
        (["default", "--host", "10.0.0.1"], InvalidInput, "not an IP address"),
        (["--explain", "out of paper"], InvalidInput, "No message"),
    ],
)
def test_what_cannot_be_diagnosed_is_refused_by_name(offhook, arguments, error, said):
    with pytest.raises(error, match=said):
        offhook.run("diagnose", *arguments)
