"""``offhook force``: clients fetch their configuration even when nothing has changed."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.cli.deploy import PARTIAL, SHOWN
from offhook.model.users import Selection
from offhook.provisioning import forcing
from offhook.provisioning.forcing import Forced, Reach

app = typer.Typer(add_completion=False)
GONE = "gone at its source: no new tokens or force config for it"


@app.command()
def force(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show whom it would concern; change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Let users' clients fetch everything the next time that they ask, changed or not."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    if dry_run:
        _show_plan(forcing.plan(wired.store, wired.plugins, chosen), as_json)
        return
    with console.progress("Forcing", count(wired, chosen)) as advance:
        forced = wired.force(chosen, on_progress=advance)
    if as_json:
        console.json_out(forced_json(forced))
    else:
        report(forced)
        for reason, ids in forced.sorted.deploy.items():
            users = console.counted(len(ids), "user")
            console.say(f"Nothing to force for {users}: {reason}. Deploy: offhook auto-deploy")
    if forced.sorted.gone or not forced.users:
        raise typer.Exit(PARTIAL)


def count(wired: Any, chosen: Selection) -> int:
    """Return how many users are selected."""
    with wired.store.read() as tx:
        return len(chosen.ids) if chosen.ids is not None else int(tx.users.count(chosen))


def report(forced: Forced) -> None:
    """Tell people who was forced, and who is gone at its source."""
    devices = console.counted(forced.devices, "device")
    users = console.counted(forced.users, "user")
    console.say(f"Forced: {users} with {devices}; they fetch everything when they ask next.")
    for user in forced.sorted.gone[:SHOWN]:
        console.warn(f"{user} is {GONE}.")
    if len(forced.sorted.gone) > SHOWN:
        console.warn(f"... and {len(forced.sorted.gone) - SHOWN} more (--json names all)")


def forced_json(forced: Forced) -> dict[str, Any]:
    """Return what was forced as programs read it."""
    return {
        "users": forced.users,
        "devices": forced.devices,
        "deploy": {reason: len(ids) for reason, ids in forced.sorted.deploy.items()},
        "gone": forced.sorted.gone,
    }


def reach_json(reach: Reach) -> dict[str, Any]:
    """Return how a user's clients are reached, as programs read it."""
    user = reach.user
    return {
        "id": user.id,
        "user": user.key,
        "name": user.name,
        "devices": reach.devices,
        "way": reach.way,
        "reason": reach.reason,
    }


def _show_plan(plan: Iterable[Reach], as_json: bool) -> None:
    if as_json:
        console.json_out([reach_json(each) for each in plan])
        return
    forced = others = devices = 0
    rows = []
    for each in plan:
        forced, others = forced + (each.way == "force"), others + (each.way != "force")
        devices += each.devices if each.way == "force" else 0
        if each.way == "none" or (forced if each.way == "force" else others) <= SHOWN:
            rows.append((each.user.key, each.user.name, each.devices, each.reason))
    console.table(("User", "Name", "Devices", "Left out"), rows)
    if max(forced, others) > SHOWN:
        console.say("... and more (--json lists all)")
    users = console.counted(forced, "user")
    shown = f"{users} with {console.counted(devices, 'device')}"
    console.say(f"{shown} would be forced, {others} left out. Nothing has been changed.")
