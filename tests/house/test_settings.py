"""Settings are described in one place: nobody else keeps a list of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from offhook.model.described import describe
from offhook.model.settings import Settings

ROOT = Path(__file__).parents[2]
SOURCES = ("core/src", "server/src", "simulators/src", "docs")
NAMES = frozenset(describe(Settings))
DESCRIBED = ROOT / "core/src/offhook/model/settings"
# What clients lose is said setting by setting, in a table for all formats.
TOLD_OF = ROOT / "core/src/offhook/formats.py"
A_LIST = 8  # names of settings in one collection


def test_no_second_list_of_settings_stands_anywhere() -> None:
    modules = [
        path
        for source in SOURCES
        for path in (ROOT / source).rglob("*.py")
        if not path.is_relative_to(DESCRIBED) and path != TOLD_OF
    ]
    assert len(modules) > 100
    assert [f"{path.relative_to(ROOT)}:{line}" for path in modules for line in lists_in(path)] == []


def test_a_list_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "copied.py"
    path.write_text(f"SETTINGS = {sorted(NAMES)[:A_LIST]!r}\nOTHERS = ['a', 'b']\n")

    assert [*lists_in(path)] == [1]


def lists_in(path: Path) -> Iterator[int]:
    """Yield the lines where a collection begins that names many settings."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            members = node.keys if isinstance(node, ast.Dict) else node.elts
            texts = {each.value for each in members if isinstance(each, ast.Constant)}
            if len(NAMES & texts) >= A_LIST:
                yield node.lineno
