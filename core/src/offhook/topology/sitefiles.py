"""Site files: TOML, read with every mistake named at once, and examples to start from."""

import tomllib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from offhook.errors import InvalidInput, Problem
from offhook.model.described import describe, read_texts
from offhook.topology.siterules import check
from offhook.topology.sites import TABLES, Site
from offhook.topology.topologies import Topology

_SEVERAL = "mbg"


def read(text: str, topology: Topology) -> Site:
    """Return the site that *text* describes; raises `InvalidInput` with all that is wrong."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unusable(f"is not TOML: {error}.", topology) from error
    problems = [
        Problem(name, "", f"unknown; a site has {', '.join(TABLES)}")
        for name in found
        if name not in TABLES
    ]
    tables: dict[str, list[Any]] = {name: [] for name in TABLES}
    for name, cls in TABLES.items():
        for where, table in _tables(name, found.get(name, [] if name == _SEVERAL else {})):
            value, wrong = _read_table(cls, table)
            tables[name].append(value)
            problems += [each.within(where) for each in wrong]
    site = _site(tables)
    named = {each.field for each in problems}
    problems += [each for each in check(site, topology) if each.field not in named]
    if problems:
        raise _unusable("cannot be used:", topology, problems)
    return site


def example(topology: Topology) -> str:
    """Return a site file for *topology* that explains itself; its addresses are for examples."""
    lines = [
        f"# A site: {topology.label}. {topology.about}",
        "# Put your own names and addresses in; lines with # are what holds without them.",
    ]
    examples = _examples(topology)
    for table, cls in TABLES.items():
        if table in (_SEVERAL, "cluster") and not topology.clustered:
            continue
        head = f"[[{table}]]" if table == _SEVERAL else f"[{table}]"
        for values in examples[table]:
            lines += ["", head, *_lines(cls, values)]
    return "\n".join(lines)


def _examples(topology: Topology) -> dict[str, list[dict[str, Any]]]:
    """Return tables of an example; what None stands for has no place in *topology*."""
    outer, alone = "10.1.0" if topology.on_edge else "10.2.0", not topology.clustered
    return {
        "server": [_machine("micollab", "10.1.0.10", "203.0.113.10" if alone else None)],
        "offhook": [_machine("phones", "10.1.0.20", "203.0.113.20" if alone else "")],
        "mbg": [
            _machine(f"mbg{each}", f"{outer}.1{each}", f"203.0.113.1{each}") for each in (1, 2)
        ],
        "sip": [
            {"transport": "tls"}
            | ({"shared_name": None, "srv": None} if alone else {"shared_name": "sip.example.org"})
        ],
        "cluster": [{"inner": "LAN", "outer": topology.outer_zone}],
        "network": [
            {
                "lan": ["10.1.0.0/16"],
                "pbx": ["10.1.0.5"],
                "dns": ["10.1.0.2"],
                "redirect": ["redirect.example.org"],
            }
        ],
    }


def _machine(name: str, inside: str, outside: str | None) -> dict[str, Any]:
    return {"name": f"{name}.example.org", "inside": inside, "outside": outside}


def _lines(cls: type, values: Mapping[str, Any]) -> Iterator[str]:
    for name, each in describe(cls).items():
        value = values.get(name, each.default)
        if value is not None:
            mark = "" if values.get(name) else "# "
            yield f"{f'{mark}{name} = {_toml(value)}':<38}  # {each.help}"


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value).lower() if isinstance(value, int) else f'"{value}"'


def _tables(name: str, found: Any) -> Iterator[tuple[str, Any]]:
    """Yield each table of that name with what people call it."""
    if name != _SEVERAL:
        yield name, found
    elif isinstance(found, list):
        yield from ((f"{name} {number}", each) for number, each in enumerate(found, 1))
    else:
        yield name, None


def _read_table(cls: type, table: Any) -> tuple[Any, list[Problem]]:
    """Return what *table* says, blanks in place of what is wrong or missing, and these."""
    if not isinstance(table, dict):
        return _blank(cls), [Problem("table", str(table or ""), "write [NAME], or [[mbg]]")]
    texts = {name: text for name, value in table.items() if (text := _text(value))}
    problems = [
        Problem(name, "", f"missing: {each.help}")
        for name, each in describe(cls).items()
        if each.required and name not in texts
    ]
    try:
        values = read_texts(cls, texts, what="")
    except InvalidInput as error:
        wrong = {each.field for each in error.problems}
        problems += error.problems
        good = {name: text for name, text in texts.items() if name not in wrong}
        values = read_texts(cls, good, what="")
    return _blank(cls, values), problems


def _blank(cls: type, values: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Return an object with *values*; what is required and not among them is empty."""
    required = {name: each for name, each in describe(cls).items() if each.required}
    blanks: dict[str, Any] = {
        name: "" if each.type is str else () for name, each in required.items()
    }
    return cls(**{**blanks, **values})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _site(tables: Mapping[str, list[Any]]) -> Site:
    single = {name: each[0] for name, each in tables.items() if name != _SEVERAL}
    return Site(**single, mbgs=tuple(tables[_SEVERAL]))


def _unusable(
    reason: str, topology: Topology, problems: list[Problem] | None = None
) -> InvalidInput:
    return InvalidInput(
        f"The site file {reason}",
        problems or [],
        hint=f"One that fits: offhook topology example {topology.name}",
    )
