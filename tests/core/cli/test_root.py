"""The root of the command line: it knows what there is without loading it."""

import importlib.metadata
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from offhook.cli import COMMANDS, ELSEWHERE, root


def output(*arguments, expect=0):
    result = CliRunner().invoke(root, list(arguments), env={"COLUMNS": "200"})
    assert result.exit_code == expect, result.output
    return result.output


def test_the_help_names_every_command_with_its_own_line():
    shown = output("--help")

    lines = [*COMMANDS.values(), *(line for _, line in ELSEWHERE.values())]
    assert [line for line in lines if line not in shown] == []


def test_a_misspelt_command_gets_a_suggestion_also_of_another_distribution():
    assert "Did you mean 'serve'" in output("sevre", expect=2)
    assert "Did you mean 'import-csv'" in output("users", "import-cvs", expect=2)


def test_a_command_of_a_distribution_that_is_missing_says_which_brings_it(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: ())

    assert "'serve' comes with offhook-server" in output("serve", expect=2)
    assert "│ serve " not in output("--help")


@pytest.mark.parametrize("heavy", ["sqlalchemy", "rich.console", "importlib.metadata"])
def test_the_version_loads_nothing_that_takes_its_time(heavy):
    code = (
        "import sys\n"
        "from offhook.__main__ import main\n"
        "sys.argv = ['offhook', '--version']\n"
        "try: main()\n"
        f"finally: print({heavy!r} in sys.modules)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.split()[-1] == "False"
