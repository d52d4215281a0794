"""How commands show findings."""

from collections.abc import Iterable

import typer

from offhook import console
from offhook.model.findings import Finding


def show(findings: Iterable[Finding], *, as_json: bool) -> None:
    """Show *findings* as a table, or for programs; a failure among them is exit status 1."""
    found = list(findings)
    if as_json:
        console.json_out(found)
    else:
        rows = [(f.level, f.summary, " ".join((f.meaning, f.action)).strip()) for f in found]
        console.table(("Level", "Finding", "What to do"), rows, empty="Nothing is said of it.")
    if any(each.level == "failure" for each in found):
        raise typer.Exit(1)
