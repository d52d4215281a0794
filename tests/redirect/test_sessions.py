"""Connections to the mail server wait for the next mail, and not for ever."""

import pytest

from offhook_email_smtp import Options
from offhook_redirector.sessions import IDLE, Sessions
from tests.plugins.scripted_smtp import options, scripted


class Time:
    """Seconds, which a test lets pass."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def smtp():
    with scripted() as server:
        yield server


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def sessions(smtp, time):
    pool = Sessions(options(smtp), time)
    yield pool
    pool.close()


def test_a_session_waits_for_the_next_mail(sessions, smtp):
    with sessions.one(fresh=False) as first:
        pass
    with sessions.one(fresh=False) as second:
        pass

    assert second is first
    assert smtp.connections == 1


def test_one_that_has_waited_too_long_is_closed_politely(sessions, smtp, time):
    with sessions.one(fresh=False):
        pass
    time.now = IDLE + 1

    with sessions.one(fresh=False):
        pass

    assert smtp.connections == 2
    assert smtp.heard.count("QUIT") == 1


def test_who_wants_a_new_one_gets_it_and_several_wait(start_sink, time):
    sink = start_sink(tls="none")
    sessions = Sessions(
        Options(host=sink.host, port=sink.port, security="none", sender="phones@example.org"), time
    )
    with sessions.one(fresh=False) as first, sessions.one(fresh=False) as second:
        assert second is not first
    with sessions.one(fresh=True) as third:
        assert third not in (first, second)

    time.now = IDLE + 1
    with sessions.one(fresh=False):
        assert not any(each.alive for each in (first, second, third))
    sessions.close()


def test_what_goes_wrong_ends_the_session(sessions, smtp):
    with pytest.raises(ZeroDivisionError), sessions.one(fresh=False) as first:
        raise ZeroDivisionError
    with sessions.one(fresh=False) as second:
        assert second is not first

    assert not first.alive
    smtp.wait_for_end()


def test_at_the_end_those_that_wait_are_closed(sessions, smtp):
    with sessions.one(fresh=False) as first:
        pass

    sessions.close()

    assert not first.alive
    assert smtp.heard[-1] == "QUIT"
