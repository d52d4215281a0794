"""${message}."""

import sqlalchemy as sa
from alembic import op

from offhook.store.times import Utc

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    ${upgrades if upgrades else "pass"}
