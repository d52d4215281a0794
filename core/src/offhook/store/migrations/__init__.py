"""Brings the tables from one version to the next, with alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from offhook.store.store import HEAD


def migrate(engine: Engine) -> None:
    """Bring the tables of the database to this version, making them where there are none."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
