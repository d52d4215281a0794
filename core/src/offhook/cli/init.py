"""``offhook init``: makes the data folder, asks nothing."""

from typing import Annotated

import typer

from offhook import console
from offhook.app import App

app = typer.Typer(add_completion=False)


@app.command()
def init(
    public_url: Annotated[
        str, typer.Option(help="What clients and mails call this server: https://HOST[:PORT].")
    ] = "",
    database: Annotated[
        str, typer.Option(help="Database URL; SQLite in the data folder where none is given.")
    ] = "",
) -> None:
    """Make settings, keys, database and the first administrator in OFFHOOK_HOME."""
    chosen = {"public_url": public_url, "database": database}
    made = App.initialize({name: text for name, text in chosen.items() if text})
    console.say(f"Data folder: {made.settings.home}")
    if not made.password:
        console.say("It was complete already; nothing has been changed.")
        return
    console.say(f"Portal: {made.admin} with the one-time password {made.password.reveal()}")
    console.say("It is shown only now. Next: offhook connections add, offhook users import-csv.")
