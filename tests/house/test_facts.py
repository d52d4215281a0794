"""What a plugin says it takes for granted is what its code goes by: no fact stands there unread."""

import ast
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from offhook.api import Fact
from tests.house.sources import ROOT, tree

MAPS = sorted(ROOT.glob("plugins/*/src/*/facts.py"))


def test_the_maps_are_found() -> None:
    assert {path.parent.name for path in MAPS} >= {"offhook_mbg", "offhook_mx_one"}


@pytest.mark.parametrize("path", MAPS, ids=[path.parent.name for path in MAPS])
def test_every_fact_of_a_plugin_is_read_by_its_code(path: Path) -> None:
    facts = import_module(f"{path.parent.name}.facts").FACTS.all
    modules = [texts_of(each) for each in path.parent.glob("*.py") if each != path]

    assert [name for name in facts if not is_read(name, facts, modules)] == []


def is_read(name: str, facts: Mapping[str, Fact], modules: list[tuple[set[str], set[str]]]) -> bool:
    """Tell whether a module names a fact or its section, or puts it together: f"path.{word}"."""
    section, _, word = name.partition(".")
    choices = f"{section}.types"
    handed = set(facts[choices].values) if choices in facts else set()
    handed = handed.union(*(arguments for _, arguments in modules))
    return any(
        name in texts or section in arguments or (f"{section}." in texts and word in texts | handed)
        for texts, arguments in modules
    )


def texts_of(path: Path) -> tuple[set[str], set[str]]:
    """Return the texts that stand in a module, and those that a function is called with."""
    nodes = [*ast.walk(tree(path))]
    calls = [each for node in nodes if isinstance(node, ast.Call) for each in node.args]
    lists = [each for node in calls if isinstance(node, ast.List | ast.Tuple) for each in node.elts]
    return texts_in(nodes), texts_in([*calls, *lists])


def texts_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the texts among *nodes*."""
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
