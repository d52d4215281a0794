"""Who guesses wrong too often waits a minute; who has a good token never does."""

import pytest

from offhook.model.secrets import Secret
from offhook_server.guesses import Guesses
from tests.server.test_downloads import BROWSER, CLIENT, UNKNOWN


class Clock:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    """A clock at some time."""
    return Clock()


def test_the_last_allowed_guess_starts_a_wait_of_a_minute(clock):
    guesses = Guesses(most=3, clock=clock)
    for _ in range(3):
        assert not guesses.blocked("192.0.2.1")
        guesses.count("192.0.2.1")
        clock.now += 10

    assert guesses.blocked("192.0.2.1")
    assert not guesses.blocked("192.0.2.2")
    clock.now += 50
    assert not guesses.blocked("192.0.2.1")


def test_slow_guesses_are_forgotten(clock):
    guesses = Guesses(most=3, clock=clock)
    for _ in range(20):
        guesses.count("192.0.2.1")
        clock.now += 31

    assert not guesses.blocked("192.0.2.1")


def test_a_whole_ipv6_network_is_one_guesser(clock):
    guesses = Guesses(most=1, clock=clock)
    guesses.count("2001:db8:1:2:aaaa::1")

    assert guesses.blocked("2001:db8:1:2:bbbb::9")
    assert not guesses.blocked("2001:db8:1:3::1")
    guesses.count("::ffff:192.0.2.1")
    assert guesses.blocked("192.0.2.1")


def test_memory_is_bounded(clock):
    guesses = Guesses(most=1, addresses=100, clock=clock)
    for number in range(1000):
        guesses.count(f"192.0.{number // 250}.{number % 250}")

    assert len(guesses._seen) == 100
    assert guesses.blocked("192.0.3.249")


def test_a_guesser_is_turned_away_and_others_are_served(site, make_client):
    token = site.deployed()
    guesser, other = make_client(most=5), make_client("192.0.2.8")

    tried = [guesser.get(f"/d/{UNKNOWN}", headers=BROWSER) for _ in range(6)]

    assert [answer.status_code for answer in tried] == [404] * 5 + [429]
    assert tried[5].headers["retry-after"] == "60"
    assert tried[5].content == tried[0].content
    assert guesser.get(f"/c/{token}", headers=CLIENT).status_code == 429
    assert site.deployment().downloads_left == 3
    assert other.get(f"/c/{token}", headers=CLIENT).status_code == 200


def test_old_links_and_phones_that_refresh_are_no_guesses(site, make_client):
    token = site.deployed(settings={"downloads": 1})
    client = make_client(most=3)

    answers = [client.get(f"/c/{token}", headers=CLIENT) for _ in range(10)]
    answers += [client.get("/r/of-a-deleted-user") for _ in range(10)]

    assert 429 not in {answer.status_code for answer in answers}


def test_wrong_pins_are_guesses(site, make_client):
    token = site.deployed(pin=Secret("4711"))
    client = make_client(most=3)

    tried = [client.post(f"/d/{token}/pin", data={"pin": "1"}).status_code for _ in range(4)]

    assert tried == [200, 200, 200, 429]
    assert site.deployment().wrong_pins == 3
