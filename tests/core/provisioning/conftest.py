"""What the tests of the steps share: core's own plugin and one real client format."""

from datetime import datetime
from pathlib import Path

import pytest

import offhook_linphone
from offhook import generic
from offhook.doors import Plugins
from offhook.store.store import Store
from tests.core.provisioning.importing import Site


@pytest.fixture
def plugins() -> Plugins:
    """Core's own plugin and one real client format."""
    return Plugins({"generic": generic, "linphone": offhook_linphone})


@pytest.fixture
def site(store: Store, plugins: Plugins, tmp_path: Path, now: datetime) -> Site:
    """An empty installation, on SQLite and on PostgreSQL."""
    return Site(store, plugins, tmp_path, now)
