"""``offhook setup``: the checklist of what setting a site up takes."""

from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.provisioning import checklists

app = typer.Typer(add_completion=False)


@app.command()
def setup(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List what setting up takes, in order: done, open or failing; exit 1 where something fails."""
    wired = app_of(ctx)
    found = checklists.make(wired.store, wired.plugins, wired.settings, now=wired.now())
    if as_json:
        console.json_out(found)
    else:
        rows = [
            (number, each.label, each.state, each.summary, each.command)
            for number, each in enumerate(found, 1)
        ]
        console.table(("No.", "Step", "State", "How it stands", "What to type"), rows)
    if any(each.state == "failing" for each in found):
        raise typer.Exit(1)
