"""Run by alembic: migrates over the connection it is handed, and looks at our tables only."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from offhook.store.store import VERSION_TABLE
from offhook.store.tables import METADATA
from offhook.store.times import Utc


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or (name or "").startswith("offhook_")


def _rendered(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Utc):
        return "Utc()"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    include_name=_ours,
    render_item=_rendered,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
