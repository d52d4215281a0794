"""Core's own plugin keeps the contract of all plugins, and its published schema."""

import json
from collections.abc import Sequence

from offhook import generic
from offhook.testing import PluginContract, Seen


class TestGeneric(PluginContract):
    plugin = generic

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        return [
            Seen(each["username"], each["password"], each["display_name"])
            for each in json.loads(body)["accounts"]
        ]
