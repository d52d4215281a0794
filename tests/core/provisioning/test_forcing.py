"""Force config: whom it reaches, whom it cannot, and that their clients are told everything."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from offhook.doors import Plugins
from offhook.model.users import Selection
from offhook.provisioning import devices, downloads, forcing, refresh
from offhook.provisioning.downloads import Ask
from offhook.provisioning.refresh import Call
from offhook.store.store import Store

URL = "https://provisioning.test"


@pytest.fixture
def phone(store: Store, plugins: Plugins, now: datetime, make_user, issue) -> Callable[..., str]:
    """Let phones of a new user download; returns the device token of the last one."""

    def run(number: str, phones: int = 1, **fields: object) -> str:
        token = issue(make_user(number, **fields))
        for _ in range(phones):
            (answer,) = downloads.redeem(
                store, plugins, [Ask(token=token)], public_url=URL, now=now
            )
            assert answer.config
        return answer.config.body.decode().partition("/r/")[2].partition('"')[0]

    return run


@pytest.fixture
def force(store: Store, plugins: Plugins, now: datetime) -> Callable[..., forcing.Forced]:
    """Force the selected users."""

    def run(selection: Selection | None = None, **options: object) -> forcing.Forced:
        among = forcing.sort_out(store, plugins, selection or Selection())
        return forcing.force(store, among, actor="me", now=now, **options)

    return run


@pytest.fixture
def ask(store: Store, plugins: Plugins, now: datetime) -> Callable[..., downloads.Answer]:
    """Ask again as a device."""

    def run(token: str, etag: str) -> downloads.Answer:
        calls = [Call(token=token, etag=etag)]
        return refresh.answer(store, plugins, calls, public_url=URL, now=now)[0]

    return run


def test_a_forced_client_is_told_everything_once_though_nothing_changed(phone, force, ask) -> None:
    token = phone("7328")
    etag = ask(token, "").etag
    assert ask(token, etag).reason == refresh.UNCHANGED

    force()

    again = ask(token, etag)
    assert again.config
    assert again.etag != etag
    assert ask(token, again.etag).reason == refresh.UNCHANGED


def test_it_counts_users_and_their_devices_and_says_who_needs_a_deployment(
    phone, force, make_user
) -> None:
    phone("7328", phones=2)
    phone("7329")
    make_user("7330")

    forced = force()

    assert (forced.users, forced.devices) == (2, 3)
    assert forced.sorted.deploy == {"no client yet, or only revoked ones": ["user-7330"]}
    assert forced.sorted.gone == []


def test_only_the_selected_are_forced(phone, force, store: Store) -> None:
    phone("7328")
    phone("7329")

    force(Selection(ids=("user-7328",)))

    with store.read() as tx:
        users = tx.users.get(["user-7328", "user-7329"])
    assert [each.force_count for each in users] == [1, 0]


def test_a_user_gone_at_the_source_is_left_out_and_named(
    phone, force, store: Store, now: datetime
) -> None:
    phone("7328", connection="hq", source_key="a")
    with store.write() as tx:
        (user,) = tx.users.get(["user-7328"])
        tx.users.change(user, {"gone_at": now - timedelta(days=3)})

    forced = force()

    assert (forced.users, forced.sorted.gone) == (0, ["hq/7328"])
    with store.read() as tx:
        assert tx.users.get(["user-7328"])[0].force_count == 0


def test_a_user_whose_only_device_is_revoked_needs_a_deployment(
    phone, force, store: Store, now: datetime
) -> None:
    phone("7328")
    (line,) = devices.page(store).lines
    devices.revoke(store, [line.device.id], actor="me", now=now)

    assert force().sorted.deploy == {"no client yet, or only revoked ones": ["user-7328"]}


def test_a_client_that_fetches_once_cannot_be_forced(phone, force) -> None:
    phone("7328", settings={"fetch": "once"})

    forced = force()

    assert forced.users == 0
    assert forced.sorted.deploy == {"with fetch=once its client does not ask again": ["user-7328"]}


def test_the_audit_names_who_was_forced(phone, force, store: Store) -> None:
    phone("7328")

    force()

    with store.read() as tx:
        entry = next(each for each in tx.audit.latest() if each.action == "config forced")
    assert (entry.actor, entry.subject, entry.detail) == ("me", "1 users", "7328")


def test_progress_counts_up_to_the_forced(phone, force) -> None:
    phone("7328")
    phone("7329")
    seen: list[int] = []

    force(on_progress=seen.append)

    assert seen == [2]


def test_a_plan_changes_nothing(phone, store: Store, plugins: Plugins, make_user) -> None:
    phone("7328")
    make_user("7330")

    plan = list(forcing.plan(store, plugins, Selection()))

    assert [(each.user.number, each.devices, each.way) for each in plan] == [
        ("7328", 1, "force"),
        ("7330", 0, "deploy"),
    ]
    with store.read() as tx:
        assert tx.users.get(["user-7328"])[0].force_count == 0
