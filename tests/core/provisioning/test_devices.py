"""Devices are listed page by page; a revoked one is refused, and nothing else changes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from offhook.doors import Plugins
from offhook.errors import UnknownName
from offhook.model.users import Selection
from offhook.provisioning import devices, downloads, refresh, users
from offhook.provisioning.downloads import Ask
from offhook.provisioning.refresh import Call
from offhook.store.store import Store

URL = "https://provisioning.test"


@pytest.fixture
def download(store: Store, plugins: Plugins, now: datetime) -> Callable[..., str]:
    """Download, each time a second later; returns the reason, or the device's token."""
    times = iter(range(1000))

    def run(token: str, **more: str) -> str:
        asks = [Ask(token=token, agent="Linphone/5.1", **more)]
        at = now + timedelta(seconds=next(times))
        (answer,) = downloads.redeem(store, plugins, asks, public_url=URL, now=at)
        if not answer.config:
            return answer.reason
        return answer.config.body.decode().partition("/r/")[2].partition('"')[0]

    return run


@pytest.fixture
def ask(store: Store, plugins: Plugins, now: datetime) -> Callable[..., str]:
    """Ask again as a device; returns the reason, "" for a configuration."""

    def run(token: str, **more: str) -> str:
        calls = [Call(token=token, **more)]
        return refresh.answer(store, plugins, calls, public_url=URL, now=now)[0].reason

    return run


def test_devices_come_page_by_page_the_newest_first(
    download, make_user, issue, store: Store
) -> None:
    token, other = issue(make_user("1"), downloads=9), issue(make_user("2", connection="hq"))
    for _ in range(4):
        download(token)
    download(other)

    first = devices.page(store, limit=3)
    second = devices.page(store, limit=3, after=first.next)

    found = [*first.lines, *second.lines]
    assert [each.user for each in found] == ["hq/2", "1", "1", "1", "1"]
    times = [each.device.downloaded_at for each in found]
    assert times == sorted(times, reverse=True)
    assert len({each.device.id for each in found}) == 5
    assert second.next == ""
    assert found[0].name == "Ada Lovelace"
    assert found[0].device.agent == "Linphone/5.1"


def test_devices_of_some_users_only(download, make_user, issue, store: Store) -> None:
    for number in ("1", "2"):
        download(issue(make_user(number)))

    assert [each.user for each in devices.page(store, ["user-2"]).lines] == ["2"]


def test_a_page_that_ends_with_the_last_device_has_none_after_it(
    download, make_user, issue, store: Store
) -> None:
    download(issue(make_user()))

    assert devices.page(store, limit=1).next == ""


def test_a_revoked_device_is_refused_at_once_and_others_go_on(
    download, ask, make_user, issue, store: Store, now: datetime
) -> None:
    link = issue(make_user())
    kept, lost = download(link), download(link)
    lost_id = devices.page(store).lines[0].device.id

    (done,) = devices.revoke(store, [lost_id], actor="me", now=now)

    assert (done.is_new, done.downloads_left) == (True, 1)
    assert ask(lost) == "device-revoked"
    assert ask(kept) == ""
    assert ask(download(link)) == ""  # the link stays as it is
    with store.read() as tx:
        entry = tx.audit.latest()[0]
    assert (entry.action, entry.subject) == ("device revoked", lost_id)
    assert entry.detail == "of 7328, Linphone/5.1"


def test_every_token_of_a_revoked_device_is_refused(
    download, ask, make_user, issue, store: Store, plugins: Plugins, now: datetime
) -> None:
    old = download(issue(make_user()))
    later = now + timedelta(days=31)
    (answer,) = refresh.answer(store, plugins, [Call(token=old)], public_url=URL, now=later)
    assert answer.config
    new = answer.config.body.decode().partition("/r/")[2].partition('"')[0]
    assert new != old

    devices.revoke(store, [devices.page(store).lines[0].device.id], actor="me", now=now)

    assert [ask(old), ask(new)] == ["device-revoked", "device-revoked"]


def test_a_client_that_signs_in_cannot_come_back_with_the_same_pair(
    download, ask, make_user, issue, store: Store, now: datetime
) -> None:
    link = issue(make_user())
    download(link, device_id="phone-1")
    devices.revoke(store, [devices.page(store).lines[0].device.id], actor="me", now=now)

    assert ask(link, device_id="phone-1") == "device-revoked"
    assert download(link, device_id="phone-1") == "signed-in"  # and is asked as above, then


def test_revoking_twice_is_told_and_keeps_the_first_time(
    download, make_user, issue, store: Store, now: datetime
) -> None:
    download(issue(make_user()))
    ids = [devices.page(store).lines[0].device.id]
    devices.revoke(store, ids, actor="me", now=now)

    (again,) = devices.revoke(store, ids, actor="me", now=now + timedelta(hours=1))

    assert not again.is_new
    assert devices.find(store, ids)[0].device.revoked_at == now


def test_a_misspelt_device_revokes_none(
    download, make_user, issue, store: Store, now: datetime
) -> None:
    download(issue(make_user()))
    known = devices.page(store).lines[0].device.id

    with pytest.raises(UnknownName, match=f"no device '{known[:-1]}'") as caught:
        devices.revoke(store, [known, known[:-1]], actor="me", now=now)

    assert known in caught.value.hint
    assert devices.page(store).lines[0].device.revoked_at is None


def test_devices_of_a_deleted_user_are_listed_without_a_name(
    download, make_user, issue, store: Store, now: datetime
) -> None:
    download(issue(make_user()))
    users.delete(store, Selection(), actor="me", now=now)

    (line,) = devices.page(store).lines

    assert (line.user, line.name, line.device.revoked_at) == ("", "", now)
