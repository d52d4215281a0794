"""What a plugin takes for granted about its system: one map, shown to people, and overridable."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from attrs import frozen

from offhook.model.described import described

_SEPARATOR = re.compile(r"[;\n]")
_ANY_VERSION = re.compile(r"Vx\\\.0", re.IGNORECASE)  # as it is once escaped


@frozen
class Fact:
    """
    One thing taken for granted: the names (columns, attributes) or the value (a path), first first.

    ``documented`` by the vendor or seen in the field; otherwise it is assumed.
    """

    values: tuple[str, ...]
    documented: bool
    note: str = ""

    @property
    def status(self) -> str:
        """How sure it is, as a word for people."""
        return "documented" if self.documented else "assumed"


def documented(*values: str, note: str = "") -> Fact:
    """Return what the vendor documents, or what was seen in the field."""
    return Fact(values, True, note)


def assumed(*values: str, note: str = "") -> Fact:
    """Return what nobody outside the vendor knows for sure."""
    return Fact(values, False, note)


@frozen
class Facts:
    """
    The facts of one plugin by name; a dot in the name makes sections, such as ``csv.number``.

    A connection overrides some in its option made by `option`: ``csv.number=Extension|Ext.;
    path.login=/login``.
    """

    all: Mapping[str, Fact]

    def option(self) -> Any:
        """Return the described field for a connection's overrides, a text."""
        return described(
            default="",
            check=self.overrides,
            help="Other names than the plugin's own: NAME=VALUE|VALUE; ... (offhook plugins show).",
        )

    def overrides(self, text: str) -> dict[str, tuple[str, ...]]:
        """Return what the option's *text* overrides; raises ``ValueError`` naming what is wrong."""
        found = {}
        for part in filter(None, map(str.strip, _SEPARATOR.split(text))):
            name, equals, values = part.partition("=")
            name = name.strip()
            if name not in self.all:
                raise ValueError(f"there is no {name!r}; known are {', '.join(self.all)}")
            found[name] = tuple(filter(None, map(str.strip, values.split("|"))))
            if not equals or not found[name]:
                raise ValueError(f"{name} has no value: write {name}=VALUE")
        return found

    def taken(self, text: str = "") -> dict[str, tuple[str, ...]]:
        """Return the values of all facts by name, those that *text* overrides being its."""
        own = {name: fact.values for name, fact in self.all.items()}
        return own | self.overrides(text)

    def section(self, section: str, text: str = "") -> dict[str, tuple[str, ...]]:
        """Return the values whose names begin with *section* and a dot, by the rest of the name."""
        start = f"{section}."
        return {
            name.removeprefix(start): values
            for name, values in self.taken(text).items()
            if name.startswith(start)
        }

    def words(self, section: str, text: str = "") -> dict[str, str]:
        """Return the first value of each fact in *section*, by the rest of the name."""
        return {name: values[0] for name, values in self.section(section, text).items()}

    def find_word(self, section: str, spelling: str, text: str = "") -> str:
        """
        Return our word for a *spelling* of a fact in *section*; empty for none.

        Case and the number of spaces do not matter; ``Vx.0`` in a value is any version. *text*
        overrides the spellings, not the word.
        """
        plain = " ".join(spelling.split())
        for name, spellings in self.section(section, text).items():
            if any(_pattern(each).fullmatch(plain) for each in spellings):
                return self.all[f"{section}.{name}"].values[0]
        return ""

    def join(self, sections: Sequence[str], text: str = "") -> dict[str, tuple[str, ...]]:
        """Return the values of several sections by the rest of the name, in their order."""
        found: dict[str, tuple[str, ...]] = {}
        for section in sections:
            for name, values in self.section(section, text).items():
                found[name] = found.get(name, ()) + values
        return found


@lru_cache(maxsize=1024)
def _pattern(spelling: str) -> re.Pattern[str]:
    exact = re.escape(" ".join(spelling.split()))
    return re.compile(_ANY_VERSION.sub(r"V\\d+\\.\\d+", exact), re.IGNORECASE)
