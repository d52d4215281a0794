"""How commands speak: questions as they are asked, tables as they are piped."""

import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from offhook import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "yes"), [("y\n", True), ("yes\n", True), ("\n", False)])
def test_a_question_shows_what_can_be_answered(
    typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))

    assert console.confirm("Delete [all]?") is yes
    assert capsys.readouterr().err == "Delete [all]? [y/N] "


def test_a_piped_table_has_a_line_for_each_row() -> None:
    code = (
        "from offhook import console\n"
        "console.table(('E-mail', 'Meaning'), [('ana@example.org', 'long ' * 60)])\n"
    )
    environment = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert len(done.stdout.splitlines()) == 2


def test_a_checklist_shows_each_line_as_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    terminal = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(console, "_err", terminal)

    with console.checklist({"a": "Redirect service", "b": "Down[load]"}) as tick:
        tick("b", "failed")
        terminal.print("")  # lets what has changed be drawn

    shown = screen.getvalue()
    assert "Redirect service" in shown
    assert re.search(r"Down\[load\] +failed", shown)


def test_a_checklist_says_nothing_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with console.checklist({"a": "Redirect service"}) as tick:
        tick("a", "passed")

    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
