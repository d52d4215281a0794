"""Connections hold options that their plugin understands; secrets stay hidden."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from offhook import generic
from offhook.api import described, hookimpl
from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError, UnknownName
from offhook.model.secrets import Secret
from offhook.provisioning import connections, profiles
from offhook.store.store import Store


@attrs.frozen(kw_only=True)
class Options:
    """What a connection of the test's plugin needs."""

    host: str = described(help="Where it is.")
    port: int = described(default=25, help="Its port.")
    password: Secret | None = described(default=None, help="Its password.")
    ca_file: str = described(default="", path=True, help="Whom to trust.")
    files: tuple[str, ...] = described(default=(), path=True, help="What to read.")


class Sending:
    """A transport."""

    @hookimpl
    def options_class(self) -> type:
        return Options

    @hookimpl
    def send(self) -> object:
        return iter(())


@pytest.fixture
def plugins() -> Plugins:
    """One transport."""
    return Plugins({"sending": Sending()})


@pytest.fixture
def add(store: Store, plugins: Plugins, now: datetime) -> Callable[..., Any]:
    """Add a connection from texts."""
    return lambda name="mail", **texts: connections.add(
        store, plugins, name, "sending", texts, actor="me", now=now
    )


def test_options_are_read_by_the_plugin(add, store: Store, plugins: Plugins) -> None:
    add(host="mail.example.test", port="587", password="hunter2")

    found = connections.get(store, plugins, "mail")

    assert found.options == Options(host="mail.example.test", port=587, password=Secret("hunter2"))


def test_files_are_found_again_from_another_folder(
    add, store: Store, plugins: Plugins, now: datetime, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    add(host="h", ca_file="ca.pem", files="one.csv, /two.csv")
    connections.change(store, plugins, "mail", {"ca_file": "other.pem"}, actor="me", now=now)
    monkeypatch.chdir("/")

    found = connections.get(store, plugins, "mail").options

    assert found.ca_file == str(tmp_path / "other.pem")
    assert found.files == (str(tmp_path / "one.csv"), "/two.csv")


def test_the_database_holds_no_option_in_clear(add, store: Store) -> None:
    add(host="mail.example.test", password="hunter2")

    with store.read() as tx:
        stored = tx.connection.exec_driver_sql("SELECT * FROM offhook_connection").all()
    assert "hunter2" not in str(stored)
    assert "mail.example.test" not in str(stored)


def test_every_bad_option_is_named_and_a_secret_is_masked(add) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(host="a", port="many", colour="red")
    assert {each.field for each in caught.value.problems} == {"port", "colour"}

    with pytest.raises(InvalidInput) as caught:
        add(password="hunter2")
    assert [each.field for each in caught.value.problems] == ["host"]
    assert "hunter2" not in str(caught.value)


def test_the_first_transport_becomes_the_default(add, store: Store) -> None:
    add("mail", host="a")
    add("second", host="b")

    with store.read() as tx:
        assert tx.values.get(connections.DEFAULT_TRANSPORT) == "mail"


def test_a_name_is_used_once(add) -> None:
    add(host="a")

    with pytest.raises(InvalidInput, match="already"):
        add(host="b")


def test_a_changed_option_leaves_the_others(
    add, store: Store, plugins: Plugins, now: datetime
) -> None:
    add(host="a", port="587", password="x")

    texts = {"host": "b", "port": ""}
    changed = connections.change(store, plugins, "mail", texts, actor="me", now=now)

    assert changed.options == Options(host="b", port=25, password=Secret("x"))


def test_a_transport_that_a_profile_uses_is_not_removed(
    add, store: Store, plugins: Plugins, now: datetime
) -> None:
    add(host="a")
    profiles.create(
        store,
        Plugins({"sending": Sending(), "generic": generic}),
        "staff",
        {"transport": "mail"},
        actor="me",
        now=now,
    )

    with pytest.raises(InvalidInput, match="staff"):
        connections.remove(store, "mail", actor="me", now=now)


def test_a_removed_connection_is_gone_and_no_longer_the_default(
    add, store: Store, plugins: Plugins, now: datetime
) -> None:
    add(host="a")
    connections.remove(store, "mail", actor="me", now=now)

    with pytest.raises(UnknownName):
        connections.get(store, plugins, "mail")
    with store.read() as tx:
        assert not tx.values.get(connections.DEFAULT_TRANSPORT)


def test_what_was_wrong_with_a_removed_connection_is_over(add, store: Store, now: datetime) -> None:
    add(host="mail.example.test")
    with store.write() as tx:
        tx.events.raise_once("major", connections.UNUSABLE, "mail", "Wrong password.", now)
        tx.events.raise_once("major", connections.UNUSABLE, "other", "Wrong password.", now)

    connections.remove(store, "mail", actor="me", now=now)

    with store.read() as tx:
        assert [each.subject for each in tx.events.latest(everything=False)] == ["other"]


def test_a_connection_of_a_disabled_plugin_says_so(add, store: Store) -> None:
    add(host="a")

    with pytest.raises(OffhookError, match="sending"):
        connections.get(store, Plugins({}), "mail")
