"""Logs of clients: taken from devices that may send them, within bounds, without secrets."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from offhook.doors import Plugins
from offhook.errors import UnknownName
from offhook.model.users import Selection
from offhook.provisioning import clientlogs, devices, downloads, users
from offhook.provisioning.downloads import Ask
from offhook.store.store import Store

URL = "https://provisioning.test"
TOKEN = "q1zYtB6V0b3m5rXvGm0cCk2m6Yw8m4kqk7wz3v0p9aE"


@pytest.fixture
def device(store: Store, plugins: Plugins, now: datetime, make_user, issue) -> Callable[..., str]:
    """Download as a user whose profile takes logs; returns the device's token."""

    def download(number: str = "7328", **fields: object) -> str:
        user = make_user(number, **{"settings": {"log_upload": "on"}, **fields})
        asks = [Ask(token=issue(user), agent="Phone 1")]
        (answer,) = downloads.redeem(store, plugins, asks, public_url=URL, now=now)
        assert answer.config
        address: str = json.loads(answer.config.body)["refresh"]["url"]
        return address.rpartition("/")[2]

    return download


@pytest.fixture
def keep(store: Store, plugins: Plugins, now: datetime) -> Callable[..., str]:
    """Send a log; returns the reason why it is not kept."""

    def send(token: str, body: bytes, after: timedelta = timedelta()) -> str:
        at = now + after
        return clientlogs.keep(store, plugins, token, body, agent="Phone 1", now=at)

    return send


def texts(store: Store, now: datetime) -> list[str]:
    """Return the texts of all logs, the newest first."""
    lines = clientlogs.page(store, limit=1000).lines
    return [clientlogs.read(store, log.id, actor="eve", now=now)[1] for log, _ in lines]


def test_a_log_is_kept_and_listed_under_its_user(device, keep, store: Store, now) -> None:
    first, second = device("1"), device("2", connection="hq")

    assert keep(first, b"as text") == ""
    assert keep(second, gzip.compress("as gzip: Jürgen".encode()), timedelta(seconds=1)) == ""

    page = clientlogs.page(store)
    assert [(user, log.agent, log.size) for log, user in page.lines] == [
        ("hq/2", "Phone 1", 16),
        ("1", "Phone 1", 7),
    ]
    assert texts(store, now) == ["as gzip: Jürgen", "as text"]


def test_logs_come_page_by_page_and_of_some_users(device, keep, store: Store) -> None:
    tokens = device("1"), device("2")
    for index in range(5):
        keep(tokens[index % 2], b"x", timedelta(seconds=index))
    with store.read() as tx:
        one = users.find(tx, "1").id

    first = clientlogs.page(store, limit=3)
    second = clientlogs.page(store, limit=3, after=first.next)

    assert [user for _, user in [*first.lines, *second.lines]] == ["1", "2", "1", "2", "1"]
    assert second.next == ""
    assert {user for _, user in clientlogs.page(store, [one]).lines} == {"1"}


def test_who_reads_a_log_is_in_the_audit(device, keep, store: Store, now) -> None:
    keep(device(), b"x")
    ((log, _),) = clientlogs.page(store).lines

    clientlogs.read(store, log.id, actor="ada", now=now)

    with store.read() as tx:
        last = tx.audit.latest()[0]
    assert (last.actor, last.action, last.subject) == ("ada", "client log read", log.id)


def test_a_log_that_is_not_there_is_named_with_those_that_are(device, keep, store, now) -> None:
    keep(device(), b"x")
    ((log, _),) = clientlogs.page(store).lines

    with pytest.raises(UnknownName, match=f"client log.*{log.id[:-1]}x") as caught:
        clientlogs.read(store, f"{log.id[:-1]}x", actor="ada", now=now)

    assert log.id in caught.value.hint


def test_a_profile_that_takes_no_logs_refuses_them(device, keep, store: Store) -> None:
    token = device(settings={})

    assert keep(token, b"x") == "logs-off"
    assert counted(store) == {"logs-off": 1}


def test_a_stranger_and_a_revoked_device_are_refused(device, keep, store: Store, now) -> None:
    token = device()
    (line,) = devices.page(store).lines
    devices.revoke(store, [line.device.id], actor="ada", now=now)

    assert keep(TOKEN, b"x") == "unknown"
    assert keep(token, b"x") == "device-revoked"
    assert clientlogs.page(store).lines == []


def test_a_device_sends_ten_logs_a_day(device, keep, store: Store, plugins, now) -> None:
    token = device()
    reasons = [keep(token, b"x") for _ in range(11)]

    assert reasons == [""] * 10 + ["too-many-logs"]
    assert clientlogs.why_refused(store, plugins, token, now=now) == "too-many-logs"
    assert keep(token, b"x", timedelta(days=1, seconds=1)) == ""


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n\0\0",
        gzip.compress(b"cut off" * 100)[:-20],
        gzip.compress(b"\0" * 100),
        gzip.compress(b"a" * (clientlogs.LARGEST_TEXT + 1)),
    ],
    ids=["a picture", "cut off", "binary", "a bomb"],
)
def test_what_is_no_log_is_refused(device, keep, store: Store, body: bytes) -> None:
    assert keep(device(), body) == "log-unreadable"
    assert counted(store) == {"log-unreadable": 1}
    assert clientlogs.page(store).lines == []


def test_logs_go_with_their_user_and_after_thirty_days(device, keep, store: Store, now) -> None:
    old, other = device("1"), device("2")
    keep(old, b"x")
    keep(other, b"x", timedelta(days=20))
    clientlogs.forget(store, now=now + timedelta(days=31))
    assert [user for _, user in clientlogs.page(store).lines] == ["2"]

    users.delete(store, Selection(), actor="ada", now=now)

    with store.read() as tx:
        assert tx.client_logs.page() == []
        assert tx.client_logs.delete_before(now + timedelta(days=365), 10) == 0


def counted(store: Store) -> dict[str, int]:
    """Return the refusals of the one deployment, by reason."""
    with store.read() as tx:
        user = users.find(tx, "7328")
        deployment = tx.deployments.current(user.id)
        assert deployment
        return {each.reason: each.count for each in tx.refusals.of(deployment.id)}
