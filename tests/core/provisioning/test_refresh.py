"""Devices ask again: unchanged, new, rotated, revoked; the first time proves that they applied."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from offhook.doors import Plugins
from offhook.provisioning import downloads, profiles, refresh
from offhook.provisioning.downloads import Answer, Ask
from offhook.provisioning.refresh import Call
from offhook.store.store import Store

URL = "https://provisioning.test"


def token_of(answer: Answer) -> str:
    """Return the device token in a configuration."""
    assert answer.config
    address: str = json.loads(answer.config.body)["refresh"]["url"]
    return address.rpartition("/")[2]


@pytest.fixture
def download(store: Store, plugins: Plugins, now: datetime, make_user, issue):
    """Download once as a new device; returns the answer."""

    def run(**ask: str) -> Answer:
        token = issue(make_user())
        asks = [Ask(token=token, **ask)]
        return downloads.redeem(store, plugins, asks, public_url=URL, now=now)[0]

    return run


@pytest.fixture
def call(store: Store, plugins: Plugins, now: datetime) -> Callable[..., Answer]:
    """Ask again, at once or later."""

    def ask(token: str, etag: str = "", after: timedelta = timedelta(), **more: str) -> Answer:
        calls = [Call(token=token, etag=etag, **more)]
        return refresh.answer(store, plugins, calls, public_url=URL, now=now + after)[0]

    return ask


def test_the_first_refresh_proves_that_the_client_applied(
    download, call, store: Store, now: datetime
) -> None:
    first = download()

    assert call(token_of(first), first.etag).reason == refresh.UNCHANGED

    with store.read() as tx:
        deployment = tx.deployments.current("user-7328")
        assert deployment
        assert deployment.applied_at == now
        assert deployment.state(now) == "applied"
        assert deployment.downloads_left == 2


def test_a_changed_profile_reaches_the_next_refresh(
    download, call, store: Store, plugins: Plugins, now: datetime
) -> None:
    first = download()
    profiles.edit(store, plugins, "default", {"srtp_mode": "mandatory"}, actor="me", now=now)

    again = call(token_of(first), first.etag)

    assert again.config
    document = json.loads(again.config.body)
    assert document["settings"]["srtp_mode"]["value"] == "mandatory"
    assert again.etag != first.etag


def test_an_unknown_device_token_is_refused(call) -> None:
    assert call("nothing").reason == "unknown"


def test_a_revoked_device_gets_nothing_new(download, call, store: Store, now: datetime) -> None:
    first = download()
    with store.write() as tx:
        tx.devices.revoke(["user-7328"], now)

    assert call(token_of(first)).reason == "device-revoked"


def test_an_old_token_is_exchanged_and_works_until_the_new_one_is_used(download, call) -> None:
    first = download()
    month = timedelta(days=30)

    second = call(token_of(first), first.etag, after=month)

    assert token_of(second) != token_of(first)
    assert call(token_of(first), after=month).config
    assert call(token_of(second), second.etag, after=month).reason == refresh.UNCHANGED
    assert call(token_of(first), after=month).reason == "unknown"


def test_a_device_never_holds_more_than_five_tokens(download, call, store: Store) -> None:
    first = download()
    fresh = [
        token_of(call(token_of(first), after=timedelta(days=30, minutes=minute)))
        for minute in range(4)
    ]

    later = timedelta(days=30, minutes=9)
    one_more = token_of(call(token_of(first), after=later))

    assert call(token_of(first), after=later).reason == "unknown"
    assert all(call(token, after=later).config is not None for token in [fresh[0], one_more])


def test_a_client_that_signs_in_is_recognised_by_token_and_device_id(
    store: Store, plugins: Plugins, now: datetime, make_user, issue, call
) -> None:
    token = issue(make_user())
    asks = [Ask(token=token, device_id="phone-1")]
    (first,) = downloads.redeem(store, plugins, asks, public_url=URL, now=now)

    assert call(token, device_id="phone-2").reason == "unknown"
    assert call(token, first.etag, device_id="phone-1").reason == refresh.UNCHANGED


def test_a_fetch_once_client_is_told_so(
    store: Store, plugins: Plugins, now: datetime, make_user, issue
) -> None:
    token = issue(make_user(settings={"fetch": "once"}))

    (answer,) = downloads.redeem(store, plugins, [Ask(token=token)], public_url=URL, now=now)

    assert answer.config
    assert json.loads(answer.config.body)["refresh"]["once"] is True
