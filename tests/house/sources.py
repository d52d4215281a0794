"""What the rules of the house are about: the files of the project, its packages, its functions."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src" / "offhook"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> list[Path]:
    """Return every file that is, or is about to be, in version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def modules() -> list[Path]:
    """Return every Python module but the migrations, which are written by machine."""
    return [path for path in files() if path.suffix == ".py" and "versions" not in path.parts]


def product_modules() -> list[Path]:
    """Return the modules that are installed at a user's."""
    return [path for path in modules() if "src" in path.parts]


def packages() -> dict[str, Path]:
    """Return the packages of the workspace: import name -> folder of the distribution."""
    folders = {path.parent for path in files() if path.name == "pyproject.toml"} - {ROOT}
    return {source.name: folder for folder in folders for source in folder.glob("src/*")}


def plugins() -> dict[str, Path]:
    """Return the plugin distributions: import name -> folder of the distribution."""
    return {name: path for name, path in packages().items() if path.parent.name == "plugins"}


def project(folder: Path) -> dict[str, Any]:
    """Return the pyproject.toml of a folder."""
    return tomllib.loads((folder / "pyproject.toml").read_text())


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(), str(path))


def functions(path: Path) -> Iterator[Function]:
    """Yield the functions and methods of a module."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def imported_names(path: Path) -> set[str]:
    """Return the top-level names of the packages that a module imports."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name.partition(".")[0] for name in found}


def where(path: Path, line: int = 0) -> str:
    """Return a place as people write it."""
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))
