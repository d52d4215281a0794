"""What is done to many users at once can be tried first."""

import re
from itertools import takewhile
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "command-line.md"  # made from the code
LOOKS_ONLY = {"users list", "users export", "users registrations"}


def test_every_command_that_does_something_to_many_users_has_a_dry_run():
    lines = re.findall(r"^offhook (.*--search.*)$", PAGE.read_text("utf-8"), re.M)
    options = {command_of(line): line for line in lines}

    without = {command for command, line in options.items() if "--dry-run" not in line}

    assert {"deploy", "force", "auto-deploy", "managed-config"} <= options.keys()
    assert without == LOOKS_ONLY


def command_of(line):
    """Return the words of a command, without its arguments and options."""
    return " ".join(takewhile(lambda word: word[0].islower(), line.split()))
