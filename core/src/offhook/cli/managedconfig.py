"""``offhook managed-config``: links for an MDM, in a file with a configuration for each user."""

import json
from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.cli.files import new_file
from offhook.provisioning.managed import Managed

app = typer.Typer(add_completion=False)
PARTIAL = 3
SHOWN = 50


@app.command()
def managed_config(
    ctx: typer.Context,
    out: Annotated[str, typer.Option(help="The JSON file to write; - is the output.")],
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    root_ca: Annotated[
        bool,
        typer.Option(
            "--root-ca", help="With the profile's own authority, in place of those of the app."
        ),
    ] = False,
) -> None:
    """Give users a link for an MDM, which hands it to their clients; their older ones end."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    with new_file(out) as stream:
        exported = wired.manage(chosen, authority=root_ca)
        rows = [_row(each) for each in exported.managed]
        stream.write(json.dumps(rows, ensure_ascii=False, indent=2).encode() + b"\n")
    if out != "-":
        console.say(f"{out} holds links of {console.counted(len(rows), 'user')}: keep it safe.")
    for key, reason in [*exported.left_out.items()][:SHOWN]:
        console.warn(f"{key} was left out: {reason}.")
    if len(exported.left_out) > SHOWN:
        console.warn(f"... and {len(exported.left_out) - SHOWN} more")
    if exported.left_out:
        raise typer.Exit(PARTIAL)


def _row(managed: Managed) -> dict[str, object]:
    user = managed.user
    return {
        "id": user.id,
        "user": user.key,
        "name": user.name,
        "email": user.email,
        "client": managed.client,
        "configuration": {key: value.reveal() for key, value in managed.values.items()},
    }
