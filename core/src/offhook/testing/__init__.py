"""The kit for those who write plugins: inherit `PluginContract`, and the contract is tested."""

import pytest

# So that a broken contract is reported with both sides of the comparison.
for part in ("contracts", "formats", "systems"):
    pytest.register_assert_rewrite(f"offhook.testing.{part}")

from offhook.testing.contracts import PluginContract  # noqa: E402
from offhook.testing.samples import (  # noqa: E402
    Seen,
    sample_account,
    sample_connection,
    sample_device,
    sample_document,
    sample_message,
)

__all__ = [
    "PluginContract",
    "Seen",
    "sample_account",
    "sample_connection",
    "sample_device",
    "sample_document",
    "sample_message",
]
