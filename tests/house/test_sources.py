"""The rules that every source file keeps."""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.house.sources import (
    CORE,
    Function,
    files,
    functions,
    modules,
    plugins,
    product_modules,
    tree,
    where,
)

# The brackets keep the patterns from finding themselves.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E)\b")
PLACES = re.compile(
    r"py[p]i\.org|python[h]osted|npm[j]s\.|deb\.deb[i]an\.org|[-_]inde[x][-_]url|find-lin[k]s"
    r"|(?<![\w.])/(wor[k]|roo[t]|op[t]/pypi|hom[e]/\w+)/",
    re.IGNORECASE,
)

LINK = re.compile(r"\]\(([^)\s]+)\)")
# Code lines that each room of core may have; why not 6,000 in all: docs/explanation/departures.md
WALLS = {
    "beside the rooms": 1330,
    "certificates": 1650,
    "cli": 3450,
    "diagnostics": 2050,
    "directories": 600,
    "doors": 540,
    "http": 270,
    "model": 1450,
    "provisioning": 5450,
    "sheets": 800,
    "store": 2700,
    "mails": 300,
    "testing": 480,
    "topology": 1300,
}
WIDE = {"Exception", "BaseException"}


def test_a_module_fits_in_the_head():
    lengths = {where(path): len(path.read_text().splitlines()) for path in modules()}

    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def test_a_function_fits_on_a_screen():
    lengths = {
        where(path, function.lineno): body_length(function)
        for path in product_modules()
        for function in functions(path)
    }

    assert {place: lines for place, lines in lengths.items() if lines > 25} == {}


def test_a_module_opens_with_a_sentence_that_says_what_it_is_for():
    assert [where(path) for path in modules() if not opens_with_a_sentence(path)] == []


def test_a_plugin_reads_like_a_summary():
    entrances = [folder / "src" / name / "__init__.py" for name, folder in plugins().items()]
    lengths = {where(path): len(path.read_text().splitlines()) for path in entrances}

    assert lengths
    assert {path: lines for path, lines in lengths.items() if lines > 100} == {}


def test_only_the_door_catches_everything():
    catchers = {
        where(path, node.lineno)
        for path in product_modules()
        if CORE / "doors" not in path.parents
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }

    assert catchers == set()


def test_no_room_of_core_outgrows_its_walls():
    sizes = Counter()
    for path in modules():
        if path.is_relative_to(CORE):
            room, *inside = path.relative_to(CORE).parts
            sizes[room if inside else "beside the rooms"] += code_lines(path)

    assert sizes.keys() == WALLS.keys()
    assert {room: size for room, size in sizes.items() if size > WALLS[room]} == {}


def test_nothing_is_left_unfinished():
    assert lines_with(UNFINISHED) == []


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine():
    assert lines_with(PLACES) == []


def test_links_between_pages_lead_somewhere():
    pages = [path for path in files() if path.suffix == ".md"]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text())]

    assert links
    assert [f"{where(page)} -> {link}" for page, link in links if not leads(page, link)] == []


def body_length(function: Function) -> int:
    """Return the lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def code_lines(path: Path) -> int:
    """Count the lines of a module that hold code: explaining more costs nothing."""
    docstrings = {
        line
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    lines = enumerate(path.read_text().splitlines(), 1)
    return sum(
        number not in docstrings and line.strip() != "" and not line.lstrip().startswith("#")
        for number, line in lines
    )


def opens_with_a_sentence(path: Path) -> bool:
    """Tell whether the first paragraph of the docstring is made of whole sentences."""
    return (ast.get_docstring(tree(path)) or "").partition("\n\n")[0].endswith(".")


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler is bare or names Exception or BaseException."""
    named = ast.walk(handler.type) if handler.type else [ast.Name("Exception")]
    return any(isinstance(node, ast.Name) and node.id in WIDE for node in named)


def leads(page: Path, link: str) -> bool:
    """Tell whether a link goes outside, to a place on its own page, or to a file that exists."""
    target = link.partition("#")[0]
    return not target or ":" in target or (page.parent / target).exists()


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return where a pattern occurs in any file that is text."""
    found = []
    for path in files():
        text = path.read_bytes().decode(errors="replace")
        lines = enumerate(text.splitlines(), 1)
        found += [f"{where(path, number)} {line}" for number, line in lines if pattern.search(line)]
    return found
