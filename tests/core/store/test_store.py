"""A database is opened only when it is of this version; tables and migrations agree."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from offhook.errors import SettingsError, Unreachable
from offhook.model.users import Selection
from offhook.store import migrations
from offhook.store.encryption import Cipher
from offhook.store.engines import open_engine
from offhook.store.store import HEAD, VERSION_TABLE, Store
from offhook.store.tables import METADATA


def shape(engine: sa.Engine) -> dict[str, object]:
    """Return the columns, indices and constraints of every table of ours."""
    inspector = sa.inspect(engine)
    return {
        name: (
            [(each["name"], str(each["type"]), each["nullable"]) for each in columns],
            sorted(index_of(each) for each in inspector.get_indexes(name)),
            sorted(str(each["column_names"]) for each in inspector.get_unique_constraints(name)),
            sorted(str(each["constrained_columns"]) for each in inspector.get_foreign_keys(name)),
            inspector.get_pk_constraint(name)["constrained_columns"],
        )
        for name in inspector.get_table_names()
        if name != VERSION_TABLE and (columns := inspector.get_columns(name))
    }


def index_of(found: Any) -> tuple[str, list[str], bool, str]:
    where = found["dialect_options"].get("sqlite_where", "")
    return found["name"], found["column_names"], bool(found["unique"]), str(where)


def test_migrations_end_where_the_tables_are(tmp_path: Path) -> None:
    migrated = open_engine(f"sqlite:///{tmp_path}/a.sqlite")
    created = open_engine(f"sqlite:///{tmp_path}/b.sqlite")
    migrations.migrate(migrated)
    METADATA.create_all(created)

    assert shape(migrated) == shape(created)
    migrated.dispose()
    created.dispose()


def test_the_version_in_the_code_is_the_last_migration() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert scripts.get_current_head() == HEAD


def test_migrating_twice_changes_nothing(store: Store, database_url: str) -> None:
    migrations.migrate(store.engine)

    again = Store.open(database_url, store.cipher)
    with again.read() as tx:
        assert tx.users.count(Selection()) == 0
    again.close()


@pytest.mark.parametrize(("version", "told"), [("9999", "newer"), ("0000", "older")])
def test_a_database_of_another_version_is_refused(
    store: Store, database_url: str, cipher: Cipher, version: str, told: str
) -> None:
    set_version = sa.text(f"UPDATE {VERSION_TABLE} SET version_num = :v")
    with store.engine.begin() as connection:
        connection.execute(set_version, {"v": version})
    try:
        with pytest.raises(SettingsError, match=told):
            Store.open(database_url, cipher)
    finally:
        with store.engine.begin() as connection:
            connection.execute(set_version, {"v": HEAD})


def test_an_empty_database_is_told_from_a_broken_one(tmp_path: Path, cipher: Cipher) -> None:
    with pytest.raises(SettingsError, match="is empty"):
        Store.open(f"sqlite:///{tmp_path}/new.sqlite", cipher)


def test_what_is_no_database_is_told(tmp_path: Path, cipher: Cipher) -> None:
    (tmp_path / "x.sqlite").write_text("no database " * 100)

    with pytest.raises(Unreachable, match="not a database"):
        Store.open(f"sqlite:///{tmp_path}/x.sqlite", cipher)


def test_a_database_server_that_is_down_is_told_without_the_password(cipher: Cipher) -> None:
    with pytest.raises(Unreachable) as caught:
        Store.open("postgresql://me:hunter2@127.0.0.1:9/offhook", cipher)
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("address", ["mysql://a/b", "nonsense", "oracle://me:hunter2@x"])
def test_another_database_is_refused_without_the_password(address: str, cipher: Cipher) -> None:
    with pytest.raises(SettingsError) as caught:
        Store.open(address, cipher)
    assert "hunter2" not in str(caught.value)


def test_a_time_is_in_utc_whatever_the_zone_of_the_database(store: Store, now: datetime) -> None:
    with store.write() as tx:
        if store.engine.dialect.name == "postgresql":
            tx.connection.exec_driver_sql("SET LOCAL TIME ZONE 'Asia/Tokyo'")
        tx.audit.add(now, "me", "tried", "clocks")
        (entry,) = tx.audit.latest()

    assert entry.at == now
    assert entry.at.utcoffset() == timedelta(0)
