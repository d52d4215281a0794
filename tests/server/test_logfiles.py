"""Clients send their logs: as a body or a form, and within bounds."""

import gzip
import re

import pytest
from attrs import evolve
from defusedxml.ElementTree import fromstring

from offhook.provisioning import clientlogs
from tests.server.test_downloads import CLIENT


@pytest.fixture
def address(site, client) -> str:
    """Where a client that has downloaded was told to send its log."""
    with site.store.write() as tx:
        profile = tx.profiles.named("default")
        tx.profiles.replace(evolve(profile, settings={**profile.settings, "log_upload": "on"}))
    told = client.get(f"/c/{site.deployed()}", headers=CLIENT).text
    return re.search(r"https://[^/]+(/l/[-\w]+)", told)[1]


def kept(site) -> list[str]:
    """Return the logs that are there."""
    lines = clientlogs.page(site.store).lines
    now = site.app.now()
    return [clientlogs.read(site.store, log.id, actor="eve", now=now)[1] for log, _ in lines]


def test_the_way_of_linphone_first_an_empty_request_then_a_form(site, client, address) -> None:
    form = {"File": ("linphone_log.gz", gzip.compress(b"registered"), "application/gzip")}

    asked = client.post(address)
    sent = client.post(address, files=form)

    assert (asked.status_code, asked.content) == (204, b"")
    assert sent.status_code == 200
    namespace = "{urn:gsma:params:xml:ns:rcs:rcs:fthttp}"
    assert fromstring(sent.text).find(f".//{namespace}data").attrib.keys() == {"url", "until"}
    assert kept(site) == ["registered"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_log_may_be_the_body_itself(site, client, address, method) -> None:
    assert client.request(method, address, content=b"a line\n").status_code == 200
    assert kept(site) == ["a line\n"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\x89PNG\0\0", 422),
        (b"x" * (clientlogs.LARGEST + 5000), 413),
    ],
)
def test_what_cannot_be_kept_is_refused(site, client, address, content, status) -> None:
    assert client.post(address, content=content).status_code == status
    assert kept(site) == []


def test_the_eleventh_log_of_a_day_is_refused_before_it_is_sent(client, address) -> None:
    for _ in range(10):
        assert client.post(address, content=b"x").status_code == 200

    assert client.post(address).status_code == 429


def test_strangers_are_told_nothing(client) -> None:
    answers = [client.post(f"/l/{'x' * 43}", content=b"x"), client.post("/l/1", content=b"x")]

    assert {(each.status_code, each.text) for each in answers} == {(404, "Not available.\n")}


def test_only_sending_is_possible(client, address) -> None:
    assert client.get(address).status_code == 405
    assert client.head(address).status_code == 405


def test_what_a_client_calls_itself_cannot_steer_a_terminal(site, client, address) -> None:
    client.post(address, content=b"x", headers={"user-agent": b"Phone\x9b2J"})

    [(log, _)] = clientlogs.page(site.store).lines
    assert "\x9b" not in log.agent
    assert log.agent.endswith("\ufffd2J")
