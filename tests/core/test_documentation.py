"""The documentation says what is there: generated parts are current, commands and links exist."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("*/README.md")]
    if path.name != "CHANGELOG.md"
) + sorted(ROOT.glob("plugins/*/README.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"`(offhook [^`]+)`")
BLOCK = re.compile(r"^ *```(?:\w*)\n(.*?)^ *```", re.M | re.S)


def load_generator() -> ModuleType:
    """Return the script that makes the generated parts."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_generator()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text_of(page)), re.M)
    return {re.sub(r"[^\w\s-]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def command_lines(page: Path) -> Iterator[str]:
    """Yield every ``offhook ...`` of a page, in blocks of code and between backticks."""
    text = text_of(page)
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if match := re.match(r"\s*(?:\$ |sudo -u \w+ )?(offhook .*)", line):
                yield re.sub(r"\s+(#|[|>]+)\s.*", "", match[1])
    yield from SPAN.findall(BLOCK.sub("", text))


def fault_of(line: str, known: dict[str, Any]) -> str:
    """Return what is wrong with a command line; empty when command and options exist."""
    words = shlex.split(line.replace("[", " ").replace("]", " "))[1:]
    if words and words[0] in ("--help", "--version", "--install-completion"):
        return ""
    path = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in known), "")
    if not path:
        is_group = len(words) == 1 and any(name.startswith(f"{words[0]} ") for name in known)
        return "" if is_group else "there is no such command"
    options = {
        name for each in known[path].params for name in (*each.opts, *each.secondary_opts)
    } | {"--help"}
    given = [word.partition("=")[0] for word in words if word.startswith("--")]
    given = [part for word in given for part in word.split("/")]
    unknown = [word for word in given if word not in options]
    return f"{path} has no {', '.join(unknown)}" if unknown else ""


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_generated_parts_are_current(page: Path) -> None:
    assert generate.renew(text_of(page)) == text_of(page), "run: python docs/generate.py"


def test_every_generated_part_stands_on_a_page() -> None:
    text = "".join(map(text_of, generate.pages()))

    assert set(re.findall(r"generate\.py: ([\w-]+) -->", text)) == set(generate.PARTS)


def test_links_lead_to_pages_and_headings() -> None:
    dead = []
    for page in PAGES:
        for link in LINK.findall(BLOCK.sub("", text_of(page))):
            path, _, anchor = link.partition("#")
            target = page if not path else page.parent / path
            if ":" in path:
                continue
            if not target.exists() or (anchor and anchor not in anchors(target)):
                dead.append(f"{page.relative_to(ROOT)} -> {link}")

    assert dead == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/-]+\.md", navigation))

    assert named == {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}


def test_every_command_line_can_be_typed() -> None:
    known = dict(generate.commands())
    lines = [(page, line) for page in PAGES for line in command_lines(page)]

    assert len(lines) > 50
    faults = {f"{page.name}: {line}": fault_of(line, known) for page, line in lines}
    assert {where: fault for where, fault in faults.items() if fault} == {}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("offhook connections list --json", ""),
        ("offhook connections", ""),
        ("offhook conections list", "there is no such command"),
        ("offhook connections lost", "there is no such command"),
        ("offhook connections list --jason", "connections list has no --jason"),
    ],
)
def test_a_wrong_command_line_is_found(line: str, fault: str) -> None:
    assert fault_of(line, dict(generate.commands())) == fault
