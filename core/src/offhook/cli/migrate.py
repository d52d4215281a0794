"""``offhook migrate``: brings the database to this version."""

import typer

from offhook import console
from offhook.cli import app_of

app = typer.Typer(add_completion=False)


@app.command()
def migrate(ctx: typer.Context) -> None:
    """Bring the tables of the database to this version; make a backup first."""
    app_of(ctx).migrate()
    console.say("The database is of this version.")
