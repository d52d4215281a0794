"""An administrator is told 30, 14 and 3 days before any link ends, once each, until it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from offhook.certificates.expiry import look_after
from offhook.certificates.installing import install
from tests.core.certificates.authorities import intermediate, leaf

NOW = datetime.now(UTC) + timedelta(minutes=5)  # certificates are made a little later


@pytest.fixture
def put(settings, store, trust, files):
    """Install certificates."""

    def do(*issued, now=NOW):
        install(settings, store, files(*issued), trust=trust, actor="", now=now)

    return do


@pytest.fixture
def events(settings, store):
    """Look after certificates that many days from now; returns what is open then."""

    def ask(days=0):
        look_after(settings, store, now=NOW + timedelta(days))
        with store.read() as tx:
            return [
                (each.code, each.severity, each.subject)
                for each in tx.events.latest(everything=False)
            ]

    return ask


def test_each_step_is_one_event_in_place_of_the_one_before(put, events, middle):
    put(leaf(middle, days=(-1, 40)), middle)

    assert events(9) == []
    assert events(10) == [("certificate-ends-30", "warning", "Server")]
    assert events(11) == [("certificate-ends-30", "warning", "Server")]
    assert events(26) == [("certificate-ends-14", "minor", "Server")]
    assert events(37) == [("certificate-ends-3", "major", "Server")]
    assert events(41) == [("certificate-ends-0", "major", "Server")]


def test_what_was_dismissed_comes_back_with_the_next_step_only(put, events, store, middle):
    put(leaf(middle, days=(-1, 20)), middle)
    assert events() == [("certificate-ends-30", "warning", "Server")]
    with store.write() as tx:
        tx.events.resolve(["certificate-ends-30"], ["Server"], NOW)

    assert events(1) == []
    assert events(7) == [("certificate-ends-14", "minor", "Server")]


def test_an_intermediate_that_ends_first_is_told_of_too(put, events, store, top):
    by = intermediate("Soon Over", top, days=(-1, 10))
    put(leaf(by), by)

    assert events() == [("certificate-ends-14", "minor", "Soon Over")]
    with store.read() as tx:
        text = tx.events.latest()[0].text
    assert "The intermediate certificate Soon Over of this server expires in 9 days" in text
    assert "offhook certs install" in text


def test_with_a_newer_certificate_it_is_over_at_once(put, events, store, middle):
    put(leaf(middle, days=(-1, 10)), middle)
    assert events()
    put(leaf(middle), middle, now=NOW + timedelta(1))
    with store.read() as tx:
        assert tx.events.latest(everything=False) == []
    assert events(2) == []


def test_installing_what_ends_soon_is_told_at_once(put, store, middle):
    put(leaf(middle, days=(-1, 2)), middle)
    with store.read() as tx:
        assert [each.code for each in tx.events.latest()] == ["certificate-ends-3"]


def test_files_that_cannot_be_read_are_an_event_until_they_can(
    settings, store, tmp_path, own, middle
):
    named = evolve(
        settings, certificate=str(tmp_path / "c.pem"), private_key=str(tmp_path / "c.key")
    )

    def codes():
        look_after(named, store, now=NOW)
        with store.read() as tx:
            return [each.code for each in tx.events.latest(everything=False)]

    assert codes() == ["certificate-unusable"]
    (tmp_path / "c.pem").write_bytes(own.pem + middle.pem)
    (tmp_path / "c.key").write_bytes(own.key_pem)
    assert codes() == []


def test_without_a_certificate_there_is_nothing_to_tell(events):
    assert events(1000) == []
