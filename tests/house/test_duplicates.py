"""What two plugins need belongs in core: none of them holds code that another one holds too."""

import ast
import io
import token
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.house.sources import Function, plugins, product_modules

# Equal tokens in a row, whatever the names and texts: six lines or so, too many for a chance.
WINDOW = 50
LAYOUT = {token.NEWLINE, token.NL, token.INDENT, token.DEDENT}

ORIGINAL = '''
def walk(server, limit):
    """Read page after page."""
    place = 0
    while place < limit:
        answer = server.get("/people", params={"from": place})
        if answer.status != 200:
            raise ValueError(f"no page from {place}")
        for person in answer.json["people"]:
            yield person["name"], person.get("number", "")
        place += len(answer.json["people"])
'''
RENAMED = '''
def people_of(client, end):
    """Another story, another line break."""
    start = 0
    while start < end:
        page = client.get(
            "/users", params={"offset": start}
        )
        if page.status != 404:
            raise KeyError(f"nothing at {start}")  # said differently
        for each in page.json["users"]:
            yield each["sn"], each.get("phone", "-")
        start += len(page.json["users"])
'''
OTHER = '''
def walk(server, limit):
    """Read page after page."""
    answer = server.get("/people")
    while answer.next and limit:
        yield from answer.json["people"]
        answer, limit = server.get(answer.next), limit - 1
'''


def test_no_two_plugins_hold_the_same_code():
    sources = {
        name: [path for path in product_modules() if path.is_relative_to(folder)]
        for name, folder in plugins().items()
    }

    assert len(sources) > 1
    assert copies(sources) == []


def test_a_copy_with_other_names_and_texts_is_found(tmp_path):
    found = copies(write(tmp_path, one=ORIGINAL, other=RENAMED))

    assert [(one.name, other.name) for one, other in found] == [("one.py", "other.py")]


def test_a_copy_amid_other_code_is_found(tmp_path):
    lines = ORIGINAL.splitlines()
    amid = "\n".join([OTHER, *lines, "        print(place)"])

    assert len(copies(write(tmp_path, one=ORIGINAL, other=amid))) == 1


def test_other_code_for_the_same_purpose_is_no_copy(tmp_path):
    assert copies(write(tmp_path, one=ORIGINAL, other=OTHER)) == []


def test_what_the_contract_prescribes_is_no_copy(tmp_path):
    hooks = "".join(
        f"@hookimpl\ndef {name}(connection: Connection[Options]) -> Iterator[Finding]:\n"
        f'    """{name}."""\n    return answer(connection.options, now=datetime.now(UTC))\n'
        for name in ("options_class", "assumptions", "list_users", "diagnose")
    )

    assert copies(write(tmp_path, one=hooks, other=hooks)) == []


def test_fields_of_the_same_kind_are_no_copy(tmp_path):
    fields = "".join(
        f'    {name}: str = described(default="", help="{name}")\n' for name in "abcdef"
    )
    options = f"@frozen(kw_only=True)\nclass Options:\n{fields}"

    assert copies(write(tmp_path, one=options, other=options)) == []


def write(folder: Path, **sources: str) -> dict[str, list[Path]]:
    """Return plugins of one module each."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    return {name: [folder / f"{name}.py"] for name in sources}


def copies(sources: Mapping[str, Sequence[Path]]) -> list[tuple[Path, Path]]:
    """Return the pairs of modules of two plugins that hold an equal window of tokens."""
    owners: defaultdict[tuple[str, ...], dict[Path, str]] = defaultdict(dict)
    for plugin, paths in sources.items():
        for path in paths:
            for window in windows(path.read_text()):
                owners[window][path] = plugin
    pairs = {
        (one, other)
        for places in owners.values()
        for one, other in combinations(places, 2)
        if places[one] != places[other]
    }
    return sorted(pairs)


def windows(source: str) -> Iterator[tuple[str, ...]]:
    """Yield every run of tokens in what *source* does."""
    deeds = ast.fix_missing_locations(_Deeds().visit(ast.parse(source)))
    read = tokenize.generate_tokens(io.StringIO(ast.unparse(deeds)).readline)
    tokens = [each.string for each in read if each.type not in LAYOUT]
    for start in range(len(tokens) - WINDOW + 1):
        yield tuple(tokens[start : start + WINDOW])


def is_field(owner: ast.AST, node: ast.AST) -> bool:
    """Tell whether *node* declares a field of the class *owner*."""
    return isinstance(owner, ast.ClassDef) and isinstance(node, ast.AnnAssign)


class _Deeds(ast.NodeTransformer):
    """
    Leaves what a module does: no names, no texts, nothing that is only said.

    Tables at the top of a module and fields of a class are facts, and hooks are as the contract
    wants them.
    """

    def visit_Module(self, node: ast.Module) -> Any:
        node.body = [each for each in node.body if isinstance(each, ast.ClassDef | Function)]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if any(
            isinstance(each, ast.Name) and each.id == "hookimpl" for each in node.decorator_list
        ):
            return None
        node.name, node.returns = "n", None
        return self.visit_ClassDef(node)

    def visit_ClassDef(self, node: ast.ClassDef | ast.FunctionDef) -> Any:
        said = ast.get_docstring(node) is not None
        done = [each for each in node.body[said:] if not is_field(node, each)]
        node.name, node.body = "n", [*done, ast.Pass()]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.Name("n", node.ctx)

    def visit_arg(self, node: ast.arg) -> Any:
        return ast.arg("n")

    def visit_Constant(self, node: ast.Constant) -> Any:
        return node if isinstance(node.value, bool | None) else ast.Constant(0)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return ast.Constant(0)
