"""Sites to plan for: the examples, and what they become with other values."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import tomli_w

from offhook.topology import plans, sitefiles, topologies

SERVICES = ("redirect.example.org",)


@pytest.fixture
def make_plan() -> Callable[..., plans.Plan]:
    """Make the plan of an example, with other values in its tables: offhook={"outside": ...}."""

    def make(name: str, **changes: dict[str, Any]) -> plans.Plan:
        topology = topologies.named(name)
        return plans.make(topology, sitefiles.read(change(name, **changes), topology))

    return make


def change(name: str, **changes: Any) -> str:
    """Return the example of a set-up with other values; None takes a value away."""
    tables = tomllib.loads(sitefiles.example(topologies.named(name)))
    for table, values in changes.items():
        if isinstance(values, list):
            tables[table] = values
            continue
        changed = {**tables.get(table, {}), **values}
        tables[table] = {key: value for key, value in changed.items() if value is not None}
    return tomli_w.dumps(tables)
