"""``offhook init``: makes the data folder, asks nothing."""

from collections.abc import Mapping
from typing import Annotated

import typer

from offhook import console
from offhook.app import App
from offhook.cli.arguments import read_pairs
from offhook.provisioning import connections

LOCAL = "local"
app = typer.Typer(add_completion=False)


@app.command()
def init(
    public_url: Annotated[
        str, typer.Option(help="What clients and mails call this server: https://HOST[:PORT].")
    ] = "",
    database: Annotated[
        str, typer.Option(help="Database URL; SQLite in the data folder where none is given.")
    ] = "",
    local_gateway: Annotated[
        str,
        typer.Option(metavar="PLUGIN", help="Connect the site's own gateway, too, as local."),
    ] = "",
    options: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE...", help="Options of that gateway, as for connections add."
        ),
    ] = None,
) -> None:
    """Make settings, keys, database and the first administrator in OFFHOOK_HOME."""
    if options and not local_gateway:
        raise typer.BadParameter("options are those of a gateway: name its plugin, --local-gateway")
    texts = read_pairs(options or [])
    chosen = {"public_url": public_url, "database": database}
    made = App.initialize({name: text for name, text in chosen.items() if text})
    console.say(f"Data folder: {made.settings.home}")
    if made.password:
        console.say(f"Portal: {made.admin} with the one-time password {made.password.reveal()}")
        console.say("It is shown only now. What is left to do: offhook setup")
    else:
        console.say("It was complete already; nothing has been changed.")
    if local_gateway:
        _connect(App.load(), local_gateway, texts)


def _connect(wired: App, plugin: str, texts: Mapping[str, str]) -> None:
    """Connect the local gateway, unless it is there already."""
    with wired.store.read() as tx:
        if tx.connections.named(LOCAL):
            console.say("The local gateway was connected already.")
            return
    connections.add(
        *(wired.store, wired.plugins, LOCAL, plugin, texts),
        local=True,
        actor=wired.actor,
        now=wired.now(),
    )
    console.say(f"The gateway is connected. Next: offhook connections authorize {LOCAL}")
