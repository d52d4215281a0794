"""``offhook qr``: a user's code in the terminal, or as a file."""

from pathlib import Path
from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.errors import InvalidInput
from offhook.provisioning import codes
from offhook.provisioning.links import Links

app = typer.Typer(add_completion=False)


@app.command()
def qr(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(help="Number, connection/number or id.")],
    file: Annotated[Path | None, typer.Option(help="Write a .png or .svg file instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the code that the user's client scans, and the link that a person opens."""
    shown = app_of(ctx).links_of(user)
    if file:
        codes.write_file(shown.config_url.reveal(), file)
        console.say(f"{file} holds the code of {shown.user.key}.")
    elif as_json:
        console.json_out(
            {
                "user": shown.user.id,
                "key": shown.user.key,
                "config_url": shown.config_url.reveal(),
                "page_url": shown.page_url.reveal(),
                "downloads_left": shown.deployment.downloads_left,
                "expires_at": shown.deployment.expires_at,
                "asks_pin": bool(shown.user.pin),
            }
        )
    else:
        _draw(shown)


def _draw(shown: Links) -> None:
    if not console.speaks_unicode():
        raise InvalidInput(
            "The code cannot be drawn in this terminal's character set.",
            hint="Use a UTF-8 locale, or write a file: --file code.png",
        )
    console.plain(codes.as_text(shown.config_url.reveal()))
    console.say(f"{shown.user.name} ({shown.user.key}): {shown.page_url.reveal()}")
    until = console.moment(shown.deployment.expires_at)
    left = console.counted(shown.deployment.downloads_left, "download")
    console.say(f"{left} left, until {until}.")
    if shown.user.pin:
        console.say("A PIN is set: scan with the camera, enter the PIN on the page.")
