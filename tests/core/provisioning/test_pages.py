"""The page counts nothing; the PIN is limited, and the right one gives a short-lived grant."""

from datetime import datetime, timedelta

import pytest

from offhook.doors import Plugins
from offhook.errors import DownloadRefused
from offhook.model.secrets import Secret
from offhook.provisioning import downloads, pages
from offhook.provisioning.downloads import Ask
from offhook.store.store import Store

URL = "https://provisioning.test"


def refused_pin(store: Store, token: str, pin: str, now: datetime) -> str:
    """Enter a PIN that is refused; returns the reason."""
    with pytest.raises(DownloadRefused) as caught:
        pages.enter_pin(store, token, pin, now=now)
    return caught.value.reason


@pytest.fixture
def show(store: Store, plugins: Plugins, now: datetime):
    """Show the page of a token."""
    return lambda token: pages.show(store, plugins, token, public_url=URL, now=now)


def test_the_page_offers_the_code_and_the_deep_link(show, make_user, issue) -> None:
    token = issue(make_user(settings={"client_format": "linphone"}))

    page = show(token)

    assert page
    assert page.config_url == Secret(f"{URL}/c/{token}")
    assert page.deep_link == Secret(f"linphone-config://provisioning.test/c/{token}")


def test_opening_the_page_counts_nothing_and_is_noted_once(
    show, make_user, issue, store: Store, now: datetime
) -> None:
    user = make_user()
    token = issue(user)

    for _ in range(20):
        show(token)

    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.opened_at == now
        assert deployment.downloads_left == 3


def test_a_page_with_a_pin_shows_no_address(show, make_user, issue) -> None:
    page = show(issue(make_user(pin=Secret("4711"))))

    assert page
    assert page.asks_pin
    assert not page.config_url
    assert not page.deep_link


@pytest.mark.parametrize("token", ["", "AAAAA", "AAAAA-AAAAA-AAAAA-AAAAA", "💥"])
def test_a_page_for_nothing_is_refused(show, token: str) -> None:
    with pytest.raises(DownloadRefused, match="unknown"):
        show(token)


def test_the_right_pin_gives_a_grant_that_downloads_for_ten_minutes(
    store: Store, plugins: Plugins, make_user, issue, now: datetime
) -> None:
    token = issue(make_user(pin=Secret("0042")))

    grant = pages.enter_pin(store, token, " 0042 ", now=now)

    assert grant
    ask = [Ask(token=grant.reveal())]
    later = now + timedelta(minutes=10)
    (early,) = downloads.redeem(store, plugins, ask, public_url=URL, now=now)
    (late,) = downloads.redeem(store, plugins, ask, public_url=URL, now=later)
    assert early.config
    assert late.reason == "unknown"


def test_ten_wrong_pins_lock_the_token_and_raise_one_event(
    store: Store, make_user, issue, now: datetime
) -> None:
    user = make_user(pin=Secret("4711"))
    token = issue(user)

    reasons = [refused_pin(store, token, "0000", now) for _ in range(12)]

    assert reasons == ["wrong-pin"] * 10 + ["locked"] * 2
    assert refused_pin(store, token, "4711", now) == "locked"
    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.token_state == "locked"
        assert deployment.wrong_pins == 10
        (event,) = tx.events.latest()
        assert (event.code, event.subject) == ("token-locked", "7328")


def test_nine_wrong_pins_lock_nothing(store: Store, make_user, issue, now: datetime) -> None:
    token = issue(make_user(pin=Secret("4711")))

    for _ in range(9):
        refused_pin(store, token, "0000", now)

    assert pages.enter_pin(store, token, "4711", now=now)


def test_a_pin_for_a_user_without_one_gives_nothing(
    store: Store, make_user, issue, now: datetime
) -> None:
    assert refused_pin(store, issue(make_user()), "", now) == "no-pin"
