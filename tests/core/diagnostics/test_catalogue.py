"""The catalogue knows every message of the vendor's tables, and what to do about each."""

import string

import pytest

from offhook.diagnostics import catalogue
from offhook.model.probes import Outcome, Probe

HOST = "micollab.example.com"
DOWNLOAD = f"ERROR: Failed to connect to the MiCollab Client Deployment host {HOST}"
SERVICE = f"ERROR: Failed to connect to the MiCollab Client Service host {HOST}"
UNREACHED = "Cannot reach MiCollab Client Deployment service"
# The vendor's messages as people paste them.
PASTED = [
    ("ConnectionError: [Errno -2] Name or service not known", "redirect-name-unknown"),
    ("ConnectionError: [Errno -3] Temporary failure in name resolution", "redirect-dns-silent"),
    ("ConnectionError: [Errno 110] Connection timed out", "redirect-dropped"),
    ("ConnectionError: [Errno 111] Connection refused", "redirect-refused"),
    ("ConnectionError: [Errno 113] No route to host", "redirect-no-route"),
    (
        "SSLError: hostname 'mcdiagnostics.easydeploy.net' doesn't match either of '*.a.com'",
        "redirect-wrong-name",
    ),
    (
        "SSL routines:SSL3_GET_SERVER_CERTIFICATE:certificate verify failed",
        "redirect-intercepted",
    ),
    (
        f"ERROR: Failed to resolve the hostname {HOST}",
        "download-name-unknown service-name-unknown",
    ),
    (f"{DOWNLOAD} : [Errno 113] No route to host.", "download-no-route"),
    (f"{DOWNLOAD} : The read operation timed out.", "download-silent"),
    (f"{UNREACHED} (503 Service Unavailable) from host {HOST}", "download-unavailable"),
    (f"{DOWNLOAD} : [Errno 111] Connection refused.", "download-refused"),
    (
        f"ERROR: connect EHOSTUNREACH (400 Bad Request) from host {HOST}",
        "download-bad-request",
    ),
    (f"{DOWNLOAD} - SSL certificate verification failed.", "download-untrusted"),
    (
        f"{DOWNLOAD} - SSL certificate hostname mismatch",
        "download-wrong-name service-wrong-name",
    ),
    (
        "ERROR: UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "download-chain-incomplete service-chain-incomplete",
    ),
    (f"ERROR: {UNREACHED} (404 Not Found) from host {HOST}", "download-not-found"),
    (f"{UNREACHED} (401 Unauthorized) from host {HOST}", "download-unauthorized"),
    (
        f"Invalid MiCollab Client Deployment Config download host configured (host: {HOST})",
        "download-host-invalid",
    ),
    (
        f"ERROR: certificate has expired (400 Bad Request) from host {HOST}",
        "download-expired",
    ),
    (f"{SERVICE} : [Errno 111] Connection refused", "service-refused"),
    (f"{SERVICE} : The read operation timed out", "service-silent"),
    (f"{SERVICE} : Connection to remote host was lost.", "service-lost"),
    ("ERROR: DEPTH_ZERO_SELF_SIGNED_CERT", "service-self-signed"),
    (f"{SERVICE} - SSL certificate verification failed.", "service-untrusted"),
    (
        "ERROR: Server responded with a non-101 status: 200 Response Headers Follow:",
        "service-not-websocket",
    ),
    (f"{SERVICE} - SSL certificate has expired.", "service-expired"),
    (f"{SERVICE} : [Errno 104] Connection reset by peer", "service-reset"),
]
OF_THE_TABLES = {code for _, codes in PASTED for code in codes.split()}


def everything():
    yield from catalogue.COMMON
    for messages in catalogue.OWN.values():
        yield from messages


def codes(found):
    return " ".join(each.message.code for each in found)


@pytest.mark.parametrize(("text", "expected"), PASTED)
def test_a_pasted_message_of_the_vendor_is_found(text, expected):
    assert codes(catalogue.explain(text)) == expected


def test_the_three_tables_are_whole():
    rows = [sum(code.startswith(test) for code in OF_THE_TABLES) for test in catalogue.OWN]

    assert rows == [7, 13, 11]


def test_capitals_line_ends_and_curly_quotes_do_not_matter():
    pasted = "sslerror: HOSTNAME 'x'\n   doesn\N{RIGHT SINGLE QUOTATION MARK}t match either"

    assert codes(catalogue.explain(pasted)) == "redirect-wrong-name"


def test_half_a_message_finds_all_that_it_may_be():
    found = codes(catalogue.explain("[Errno 111] Connection refused"))

    assert found == "redirect-refused download-refused service-refused"


def test_a_code_of_ours_finds_its_message():
    assert codes(catalogue.explain("captive-portal")) == "captive-portal"


def test_what_nobody_knows_finds_nothing():
    assert catalogue.explain("The printer is out of paper") == []


def test_codes_are_unique():
    known = [each.code for each in everything()]

    assert sorted(set(known)) == sorted(known)


def test_every_message_speaks_in_sentences_and_says_what_to_do():
    for each in everything():
        if each.code != "no-proxy-variable":
            assert each.meaning.endswith("."), each.code
            assert each.action, each.code
        assert catalogue.blank(each.summary + each.meaning + each.action), each.code


def test_outcomes_fill_every_blank_of_their_messages():
    known = {"host", "port", "hop", "code", "detail"}
    for each in everything():
        if each.met:
            text = each.summary + each.meaning + each.action
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= known


@pytest.mark.parametrize("test", catalogue.OWN)
def test_any_failure_whatsoever_has_a_message(test):
    outcome = Outcome(stage="tcp", kind="os", code="EHWPOISON", hop="192.0.2.1:443")
    probe = Probe(scheme="https", host="phones.example.org", port=443)

    found = catalogue.finding(test, probe, outcome)

    assert found.code == "failed"
    assert "192.0.2.1:443 EHWPOISON" in found.summary
