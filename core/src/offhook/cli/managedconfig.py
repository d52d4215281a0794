"""``offhook managed-config``: links for an MDM, in a file with a configuration for each user."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.cli.deploy import PARTIAL, SHOWN, DryRun
from offhook.cli.files import new_file
from offhook.model.profiles import NO_TRANSPORT
from offhook.model.users import Selection
from offhook.provisioning import managed, planning
from offhook.provisioning.managed import Managed

app = typer.Typer(add_completion=False)


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
    dry_run: DryRun = False,
) -> None:
    """Give users a link for an MDM, which hands it to their clients; their older ones end."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    if dry_run:
        _preview(wired, chosen)
        return
    with new_file(out) as stream:
        exported = wired.manage(chosen, authority=root_ca)
        rows = [_row(each) for each in exported.managed]
        stream.write(json.dumps(rows, ensure_ascii=False, indent=2).encode() + b"\n")
    if out != "-":
        console.say(f"{out} holds links of {console.counted(len(rows), 'user')}: keep it safe.")
    _warn(exported.left_out, "was left out")
    if exported.left_out:
        raise typer.Exit(PARTIAL)


def _preview(wired: Any, chosen: Selection) -> None:
    able, left_out = managed.sort_out(wired.store, wired.plugins, chosen)
    selection = Selection(ids=able)
    plan = planning.plan(wired.store, wired.plugins, selection, transport=NO_TRANSPORT)
    planned = {each.user.key: each.why_not for each in plan}
    left_out |= {key: why_not for key, why_not in planned.items() if why_not}
    keys = [key for key, why_not in planned.items() if not why_not]
    console.table(("Would get a new link",), [(key,) for key in keys[:SHOWN]])
    if len(keys) > SHOWN:
        console.say(f"... and {len(keys) - SHOWN} more")
    _warn(left_out, "would be left out")
    users = console.counted(len(keys), "user")
    console.say(f"{users} would get a new link. Nothing has been changed.")


def _warn(left_out: Mapping[str, str], what: str) -> None:
    for key, reason in [*left_out.items()][:SHOWN]:
        console.warn(f"{key} {what}: {reason}.")
    if len(left_out) > SHOWN:
        console.warn(f"... and {len(left_out) - SHOWN} more")


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
