"""Which column of a table holds which field: names are matched generously, never guessed."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from unicodedata import normalize

from attrs import frozen

from offhook.errors import InvalidInput, Problem

_IGNORED = re.compile(r"[\s_\u2010-\u2015-]+")


@frozen
class Columns:
    """
    Where each field stands: ``positions`` maps the fields that are present to their index.

    ``unknown`` names the columns that are not read, each with the known name most like it.
    """

    positions: Mapping[str, int]
    unknown: tuple[str, ...] = ()


def match_columns(header: Sequence[str], known: Mapping[str, Sequence[str]]) -> Columns:
    """
    Return which column of *header* holds which field of *known* (field to accepted names).

    The field's own name is accepted too; the first of its names is the one shown to people. Case,
    spaces, underscores and hyphens do not matter. Raises `InvalidInput` naming every column
    without a name, every name given twice and every two columns for one field; where no column is
    known the header is missing, and the row is not shown: it may hold secrets.
    """
    names = {plain(name): field for field in known for name in (field, *known[field])}
    fields = [names.get(plain(name)) for name in header]
    shown = {field: (*known[field], field)[0] for field in known}
    if not any(fields):
        hint = f"The first row must name the columns, such as {', '.join([*shown.values()][:5])}."
        raise InvalidInput("The first row names no known column: is the header missing?", hint=hint)
    problems = [*_find_unnamed(header), *_find_repeated(header), *_find_rivals(header, fields)]
    if problems:
        hint = "Give every column one name of its own, or delete the column."
        raise InvalidInput("The header cannot be used:", problems, hint=hint)
    positions = {field: index for index, field in enumerate(fields) if field}
    unknown = [name for name, field in zip(header, fields, strict=True) if not field]
    return Columns(positions, tuple(name + _hint(name, names, shown) for name in unknown))


def count_fields(row: Sequence[str], names: Mapping[str, Sequence[str]]) -> int:
    """Return how many fields of *names* have their column if *row* is the header."""
    cells = set(map(plain, row))
    return sum(any(plain(name) in cells for name in accepted) for accepted in names.values())


def find_columns(path: Path, header: Sequence[str], names: Mapping[str, Sequence[str]]) -> Columns:
    """
    Return which column of *header* holds which field of *names* (field to accepted names).

    For tables that other systems made: their columns may lack a name, share one, and hold several
    fields; of two columns for one field the name that is accepted first decides. Raises
    `InvalidInput` where nothing fits, or where a column that is needed is there twice.
    """
    places = defaultdict[str, list[int]](list)
    for index, name in enumerate(header):
        places[plain(name)].append(index)
    used = {
        field: places[fitting[0]]
        for field, accepted in names.items()
        if (fitting := [each for each in map(plain, accepted) if each in places])
    }
    twice = {header[where[0]].strip(): len(where) for where in used.values() if len(where) > 1}
    if twice:
        problems = [
            Problem(f"column {name!r}", "", f"it is there {n} times") for name, n in twice.items()
        ]
        raise InvalidInput(
            f"{path}: its header cannot be used:", problems, hint="Delete all but one."
        )
    if not used:
        raise nothing_fits(path, names)
    positions = {field: where[0] for field, where in used.items()}
    rest = (name.strip() for i, name in enumerate(header) if i not in positions.values())
    return Columns(positions, tuple(filter(None, rest)))


def nothing_fits(path: Path, names: Mapping[str, Sequence[str]]) -> InvalidInput:
    """Return what to raise where the table in *path* has none of the columns *names*."""
    known = ", ".join(accepted[0] for accepted in names.values() if accepted)
    return InvalidInput(
        f"{path} names no known column.",
        hint=f"Known are {known}. Where they are called otherwise, say so in the option facts.",
    )


def plain(name: str) -> str:
    """Return *name* as it is compared: without case, spaces, underscores and hyphens."""
    return _IGNORED.sub("", normalize("NFKC", name)).casefold()


def _find_unnamed(header: Sequence[str]) -> list[Problem]:
    places = [place for place, name in enumerate(header, 1) if not name.strip()]
    return [Problem(f"column {place}", "", "it has no name") for place in places]


def _find_repeated(header: Sequence[str]) -> list[Problem]:
    counts = Counter(name.strip() for name in header if name.strip())
    return [
        Problem(f"column {name!r}", "", f"it is there {count} times")
        for name, count in counts.items()
        if count > 1
    ]


def _find_rivals(header: Sequence[str], fields: Sequence[str | None]) -> list[Problem]:
    rivals = defaultdict[str, dict[str, None]](dict)
    for name, field in zip(header, fields, strict=True):
        if field:
            rivals[field][name.strip()] = None
    return [
        Problem(f"columns {' and '.join(map(repr, names))}", "", "they mean the same field")
        for names in rivals.values()
        if len(names) > 1
    ]


def _hint(name: str, names: Mapping[str, str], shown: Mapping[str, str]) -> str:
    near = get_close_matches(plain(name), names, n=1, cutoff=0.7)
    return f" (did you mean {shown[names[near[0]]]}?)" if near else ""
