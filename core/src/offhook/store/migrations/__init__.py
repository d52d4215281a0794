"""Brings the tables from one version to the next, with alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from offhook.store.engines import reporting
from offhook.store.store import HEAD, refuse_newer


def migrate(engine: Engine) -> None:
    """
    Bring the tables of the database to this version, making them where there are none.

    Raises `SettingsError` when they are of a newer version.
    """
    refuse_newer(engine)
    with reporting(engine), engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
