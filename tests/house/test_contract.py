"""The rules that the contract with plugins keeps: hook specs, `offhook.api`, their manual."""

import ast
import inspect
import re
import typing
from collections.abc import Callable

from offhook import api, hookspecs
from tests.house.sources import CORE, ROOT, tree

HOOKS: dict[str, Callable[..., object]] = {
    name: value for name, value in vars(hookspecs).items() if hasattr(value, "offhook_spec")
}
MANUAL = ROOT / "docs" / "reference" / "hooks.md"


def test_there_are_hooks():
    assert {"options_class", "send", "render"} <= set(HOOKS)


def test_every_hook_is_explained():
    unexplained = {name for name, hook in HOOKS.items() if not inspect.getdoc(hook)}

    assert unexplained == set()


def test_every_hook_asks_one_plugin_for_one_answer():
    fans_out = {name for name, hook in HOOKS.items() if not hook.offhook_spec["firstresult"]}

    assert fans_out == set()


def test_the_manual_has_a_section_for_every_hook_as_it_is_today():
    headings = set(re.findall(r"^### (.+)$", MANUAL.read_text(), re.MULTILINE))

    assert {signature(name) for name in HOOKS} - headings == set()


def test_the_api_names_all_that_it_reexports():
    imported = [
        alias.asname or alias.name
        for node in tree(CORE / "api.py").body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]

    assert sorted(api.__all__) == sorted(imported)


def test_the_api_has_every_word_that_a_hook_speaks():
    words = {
        word.__name__
        for hook in HOOKS.values()
        for hint in typing.get_type_hints(hook).values()
        for word in parts(hint)
        if word.__module__.startswith("offhook.")
    }

    assert words - set(api.__all__) == set()


def signature(name: str) -> str:
    """Return a hook as its heading shows it, `send(connection, messages)`."""
    return f"{name}({', '.join(inspect.signature(HOOKS[name]).parameters)})"


def parts(hint: object) -> set[type]:
    """Return the classes that a type hint is made of."""
    inner = typing.get_args(hint)
    if not inner:
        return {hint} if isinstance(hint, type) else set()
    outer = typing.get_origin(hint)
    found = {outer} if isinstance(outer, type) else set()
    return found.union(*(parts(part) for part in inner))
