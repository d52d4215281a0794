"""``offhook keys``: rotates the keys that encrypt passwords, while everything runs."""

from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.errors import InvalidInput
from offhook.store import rotation

app = typer.Typer(
    add_completion=False,
    help="Rotate the keys that encrypt passwords.",
    no_args_is_help=True,
)


@app.command()
def add(ctx: typer.Context) -> None:
    """Add a new key as a secondary one; copy the key file to every node before rotating."""
    wired = app_of(ctx)
    with wired.store.read():  # refuses the key file of another database, before it is changed
        rotation.add_key(wired.settings.key_path)
    console.say(f"{wired.settings.key_path} holds a new secondary key. Next: offhook keys rotate")


@app.command()
def rotate(ctx: typer.Context) -> None:
    """Make the added key (or a new one) the primary one, and seal every value anew with it."""
    wired = app_of(ctx)
    with wired.store.read():
        rotation.promote_key(wired.settings.key_path)
    _reseal(ctx)
    console.say("The old key still stands in the key file. When all is well: offhook keys drop-old")


@app.command("drop-old")
def drop_old(
    ctx: typer.Context, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Seal what is left anew, then remove every key but the primary one from the key file."""
    if not yes and not console.confirm(
        "Backups sealed with the old keys become unreadable. Go on?"
    ):
        raise InvalidInput("Nothing was dropped.", hint="Confirm, or add --yes.")
    wired = app_of(ctx)
    _reseal(ctx)
    dropped = rotation.drop_old_keys(wired.settings.key_path)
    with wired.store.write() as tx:
        tx.audit.add(wired.now(), wired.actor, "old keys dropped", "keys", str(dropped))
    console.say(f"Old keys dropped: {dropped}.")


def _reseal(ctx: typer.Context) -> None:
    wired = app_of(ctx)
    with console.progress("Sealing anew") as advance:
        count = rotation.reseal(wired.store, advance)
    with wired.store.write() as tx:
        tx.audit.add(wired.now(), wired.actor, "values sealed anew", "keys", str(count))
    console.say(f"Values sealed with the primary key: {count}.")
