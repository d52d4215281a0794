"""What runs for every mail or every minute asks an index: the history may be long."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from offhook.store.engines import open_engine
from offhook.store.store import Transaction
from offhook.store.tables import METADATA

NOW = datetime(2030, 3, 1, tzinfo=UTC)


@pytest.fixture
def plans(tmp_path):
    """Run something in an empty SQLite database; returns the database's plans for it."""
    engine = open_engine(f"sqlite:///{tmp_path}/offhook.sqlite")
    METADATA.create_all(engine)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *ran: statements.append(ran[2:4]))

    def explain(run):
        with engine.connect() as connection:
            run(Transaction(connection, None))
            cursor = connection.connection.cursor()
            return [
                step[3]
                for statement, values in statements
                for step in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            ]

    yield explain
    engine.dispose()


@pytest.mark.parametrize(
    "run",
    [
        lambda tx: tx.campaigns.settle("chunk", NOW),
        lambda tx: tx.campaigns.mails("chunk"),
        lambda tx: tx.campaigns.hand_over("id", NOW, repeatable=False),
        lambda tx: tx.campaigns.finish("id", "wire", "sent", "", NOW),
        lambda tx: tx.campaigns.chunks(["queued", "wire"]),
        lambda tx: tx.campaigns.rename("chunk", "fresh", ["queued", "wire"]),
        lambda tx: tx.campaigns.queue_again("chunk", "fresh", "queued", NOW),
        lambda tx: tx.campaigns.counts("campaign"),
        lambda tx: tx.deployments.expire(NOW, 10),
        lambda tx: tx.deployments.revoke(["user"]),
        lambda tx: tx.deployments.owned_by_tokens(["hash"]),
        lambda tx: tx.devices.count_live(["user"]),
        lambda tx: tx.devices.page(["user"]),
        lambda tx: tx.devices.revoke_one("id", NOW),
        lambda tx: tx.events.resolve(["code"], ["subject"], NOW),
    ],
)
def test_nothing_is_scanned(plans, run):
    steps = plans(run)

    assert any(step.startswith("SEARCH") for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_a_scan_would_be_seen(plans):
    steps = plans(lambda tx: tx.deployments.forget_hashes(NOW, 10))

    assert "SCAN offhook_deployment" in steps
