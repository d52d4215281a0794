"""
One description per setting: the attrs field of a setting or option, with everything about it.

From ``describe(cls)`` come validation, command line, ``--help``, forms, documentation and imports.
The same mechanism serves the settings of a profile and the options of a plugin's connection.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import attrs
from attrs import frozen

from offhook.errors import InvalidInput, Problem
from offhook.model.secrets import Secret

_KEY = "offhook"
_FEW = 12
REQUIRED: Any = object()
_YES = frozenset({"on", "yes", "true", "1"})
_NO = frozenset({"off", "no", "false", "0"})


@frozen(kw_only=True)
class Description:
    """
    Everything that is known of one setting.

    ``read`` turns text into the value where the type alone does not say how; ``check`` raises
    ``ValueError`` with the reason; ``path`` says that it names a file, or several, ``identifies``
    that another value means another system, ``document`` that its text is a file's, which is never
    shown, as anything may be in it; ``applies`` says whether the setting means anything
    beside the others (it is handed the whole object), ``when`` the same in words. ``mode`` is how
    it binds the client where nobody says otherwise, ``side`` the one of PBX and gateway whose
    clients it is for; with ``system`` it can be set for the whole site.
    """

    name: str = ""
    type: Any = str
    default: Any = REQUIRED
    help: str
    label: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
    group: str = ""
    told: bool = True
    path: bool = False
    identifies: bool = False
    document: bool = False
    mode: str = "default"
    side: str = ""
    system: bool = False
    read: Callable[[str], Any] | None = None
    check: Callable[[Any], None] | None = None
    applies: Callable[[Any], bool] | None = None
    when: str = ""

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is REQUIRED

    @property
    def kind(self) -> str:
        """What its value is, in a word: yes-no, number, list or text."""
        kinds = {bool: "yes-no", int: "number", int | None: "number", tuple[str, ...]: "list"}
        return kinds.get(self.type, "text")

    @property
    def secret(self) -> bool:
        """Whether the value is a secret."""
        return self.type is Secret or self.type == Secret | None

    def show(self, value: Any) -> str:
        """Return *value* as text that can be shown, and given back to ``parse``."""
        if isinstance(value, Secret):
            return str(value) if value else ""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, tuple):
            return ",".join(value)
        return "" if value is None else str(value)

    def brief(self, value: Any) -> str:
        """Return *value* for a line of a table: of a document only how many lines there are."""
        lines = self.show(value).splitlines()
        if len(lines) > 1:
            return f"{len(lines)} lines"
        return "1 line" if lines and self.document else "".join(lines)

    def place(self, text: str) -> str:
        """Return *text* with the files that it names made absolute: it is read elsewhere, later."""
        if not self.path or not text:
            return text
        several = self.type == tuple[str, ...]
        names = text.split(",") if several else [text]
        return ",".join(str(Path(name.strip()).absolute()) for name in names)

    def parse(self, text: str) -> Any:
        """Return the value that *text* means; raises ``ValueError`` with the reason."""
        value = self.read(text) if self.read else _by_type(self.type, text)
        if self.choices and value not in self.choices:
            raise ValueError(f"use one of {', '.join(self.choices)}")
        if self.check:
            self.check(value)
        return value


def described(*, default: Any = REQUIRED, **description: Any) -> Any:
    """Return an attrs field that carries a `Description`; the keywords are its attributes."""
    metadata = {_KEY: Description(default=default, **description)}
    return attrs.field(default=attrs.NOTHING if default is REQUIRED else default, metadata=metadata)


@cache
def describe(cls: type) -> Mapping[str, Description]:
    """Return the description of every field of the attrs class *cls*, by name."""
    hints = get_type_hints(cls)
    found = {}
    for field in attrs.fields(cls):
        base = field.metadata[_KEY]
        found[field.name] = attrs.evolve(
            base,
            name=field.name,
            type=hints[field.name],
            label=base.label or field.name.replace("_", " ").capitalize(),
        )
    return found


def read_texts(cls: type, texts: Mapping[str, str], *, what: str) -> dict[str, Any]:
    """
    Return the values that *texts* (name to text) mean for the fields of *cls*.

    Raises `InvalidInput` naming *what* and every unknown name and unusable value.
    """
    fields = describe(cls)
    values, problems = {}, []
    for name, text in texts.items():
        if name not in fields:
            problems.append(Problem(name, "", _why_unknown(name, tuple(fields))))
            continue
        try:
            values[name] = fields[name].parse(text)
        except ValueError as error:
            shown = "****" if fields[name].secret else fields[name].brief(text)
            problems.append(Problem(name, shown, str(error)))
    if problems:
        raise InvalidInput(f"{what} cannot be used:", problems)
    return values


def _why_unknown(name: str, known: Sequence[str]) -> str:
    """Return that *name* is unknown, with what may be meant: those like it, or a few."""
    if len(known) <= _FEW:
        return f"unknown; known are {', '.join(known)}"
    like = get_close_matches(name, known, cutoff=0.5)
    return f"unknown; is it {' or '.join(like)}?" if like else "unknown"


def _by_type(wanted: Any, text: str) -> Any:
    if wanted is bool:
        return _yes_or_no(text)
    if wanted is int or wanted == int | None:
        return _whole_number(text)
    if wanted is Secret or wanted == Secret | None:
        return Secret(text)
    if wanted == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError("use on or off")
    return word in _YES


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("use a whole number") from None
