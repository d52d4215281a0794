"""How commands speak: tables for people, JSON for programs, progress, questions."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import attrs
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from offhook.model.secrets import Secret

_WIDE = 10_000  # columns of a table that no person looks at: one row, one line
_piped = not (sys.stdout and sys.stdout.isatty()) and "COLUMNS" not in os.environ
_out = Console(highlight=False, width=_WIDE if _piped else None)
_err = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print a line for people."""
    _out.print(escape(text), soft_wrap=True)


def plain(text: str) -> None:
    """Print a text as it is, without wrapping."""
    sys.stdout.write(text + "\n")


def warn(text: str) -> None:
    """Print a warning beside the output proper."""
    _err.print(f"[yellow]{escape(text)}[/]", soft_wrap=True)


def fail(message: str, hint: str = "") -> None:
    """Print an error and what to do about it."""
    _err.print(f"[red]offhook:[/] {escape(message)}", soft_wrap=True)
    if hint:
        _err.print(f"  {escape(hint)}", soft_wrap=True)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str = "Nothing."
) -> None:
    """Print rows as a table; *empty* where there are none."""
    if not rows:
        say(empty)
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(escape(_cell(value)) for value in row))
    _out.print(shown)


def json_out(value: Any) -> None:
    """Print *value* (attrs values, times and secrets included) as JSON."""
    text = json.dumps(value, default=_plain, ensure_ascii=not speaks_unicode(), indent=2)
    sys.stdout.write(text + "\n")


def speaks_unicode() -> bool:
    """Whether every character can be printed."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def counted(count: int, noun: str) -> str:
    """Return the count with its noun: 1 user, 2 users."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def confirm(question: str) -> bool:
    """Ask a question; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        return False
    try:
        answer = _err.input(escape(f"{question} [y/N] "))
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")


def ask_secret(label: str) -> Secret:
    """Ask for a value that is not shown while it is typed; without a terminal, read one line."""
    if not sys.stdin.isatty():
        return Secret(sys.stdin.readline().rstrip("\r\n"))
    return Secret(_err.input(escape(f"{label}: "), password=True))


class Advance(Protocol):
    """Says how much is done: of how many, or (None) of as many as were given."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Advance]:
    """Show a progress bar while the block runs; none where the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(
        *columns, TimeRemainingColumn(), console=_err, transient=True, disable=not _err.is_terminal
    )
    with bar:
        task = bar.add_task(label, total=total)

        def advance(done: int, total: int | None = None) -> None:
            if total is not None:
                bar.update(task, total=total)
            bar.update(task, completed=done)

        yield advance


class Tick(Protocol):
    """Says that one line of a checklist is done, and how it went."""

    def __call__(self, name: str, result: str) -> None: ...


@contextmanager
def checklist(lines: Mapping[str, str]) -> Iterator[Tick]:
    """Show *lines* and how each goes while the block runs; none where the output is no terminal."""
    columns = (SpinnerColumn("line", finished_text=" "), TextColumn("{task.description}"))
    result = TextColumn("{task.fields[result]}")
    bar = Progress(*columns, result, console=_err, transient=True, disable=not _err.is_terminal)
    with bar:
        tasks = {
            name: bar.add_task(escape(label), total=1, result="") for name, label in lines.items()
        }

        def tick(name: str, result: str) -> None:
            bar.update(tasks[name], completed=1, result=result)

        yield tick


def moment(value: datetime | None) -> str:
    """Return a time as people read it, in the zone of the machine; empty for none."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value else ""


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return moment(value)
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Secret):
        return str(value)
    if attrs.has(type(value)):
        return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    return str(value)
