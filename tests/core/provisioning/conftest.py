"""What the tests of the steps share: core's own plugin and one real client format."""

import pytest

import offhook_linphone
from offhook import generic
from offhook.doors import Plugins


@pytest.fixture
def plugins() -> Plugins:
    """Core's own plugin and one real client format."""
    return Plugins({"generic": generic, "linphone": offhook_linphone})
