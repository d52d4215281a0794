"""Write transactions: durable ones wait for the disk, the others only this once."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from offhook.store.engines import open_engine, writing

SETTINGS = {
    "sqlite": ("PRAGMA synchronous", {True: 2, False: 1}),
    "postgresql": ("SHOW synchronous_commit", {False: "off"}),
}


def setting(store, tx):
    query, meanings = SETTINGS[store.engine.dialect.name]
    return tx.connection.execute(text(query)).scalar(), meanings


def test_a_commit_waits_for_the_disk_unless_it_need_not(store):
    for durable in (True, False, True):
        with store.write(durable=durable) as tx:
            found, meanings = setting(store, tx)
            tx.values.set("name", str(durable))
        assert found == meanings.get(durable, found)
    with store.read() as tx:
        assert tx.values.get("name") == "True"


def test_a_failure_leaves_nothing_written_and_the_next_commit_durable(store):
    with store.write() as tx:
        before, _ = setting(store, tx)

    def fail_halfway():
        with store.write(durable=False) as tx:
            tx.values.set("name", "lost")
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()
    with store.write() as tx:
        assert tx.values.get("name") == ""
        assert setting(store, tx)[0] == before


class Interrupting:
    """A value at which somebody presses Ctrl-C."""

    def __conform__(self, protocol):
        raise KeyboardInterrupt


@pytest.mark.parametrize("durable", [True, False])
def test_ctrl_c_in_a_statement_gives_the_lock_back_at_once(durable, empty_sqlite):
    engine = open_engine(f"sqlite:///{empty_sqlite}")
    rows = [{"text": "first"}, {"text": Interrupting()}]
    insert = text("INSERT INTO offhook_value (name, value) VALUES (:text, '')")

    def interrupt():
        with writing(engine, durable=durable) as connection:
            connection.execute(insert, rows)

    try:
        interrupt()
    except KeyboardInterrupt:
        with closing(sqlite3.connect(empty_sqlite, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")  # while the exception is still under way
            assert other.execute("SELECT count(*) FROM offhook_value").fetchone() == (0,)
    else:
        pytest.fail("nobody pressed Ctrl-C")
    engine.dispose()
