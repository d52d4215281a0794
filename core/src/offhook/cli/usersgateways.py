"""``offhook users fetch-credentials``, ``registrations``: what border gateways know of users."""

from collections import Counter
from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.provisioning import registrations as asking

PARTIAL = 3
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def fetch_credentials(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    missing: Annotated[bool, typer.Option("--missing", help="Only those without.")] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="New ones where offhook sets them; phones need them.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask the gateways; set and keep nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Get what teleworkers register with at border gateways; exit 3 where some have nothing."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    with console.progress("Credentials") as advance:
        done = wired.fetch_credentials(
            chosen, only_missing=missing, renew=renew, dry_run=dry_run, on_progress=advance
        )
    if as_json:
        console.json_out(done)
    else:
        counts = (
            f"{len(done.changed)} new, {done.unchanged} as before, {done.not_needed} not needed"
        )
        console.say(f"MBG credentials: {counts}, {len(done.failed)} not there.")
        for origin, count in Counter(done.origins.values()).items():
            console.say(f"  {origin}: {console.counted(count, 'user')}")
        if done.failed:
            console.table(("User", "Not there because"), [*done.failed.items()])
        if dry_run:
            console.say("This was a dry run: nothing has been changed.")
    if done.failed:
        raise typer.Exit(PARTIAL)


def registrations(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    as_json: AsJson = False,
) -> None:
    """Ask border gateways whose clients are registered there right now."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    found = asking.ask(wired.store, wired.plugins, chosen, now=wired.now())
    if as_json:
        console.json_out(found)
        return
    rows = [(user, "yes" if is_there else "no") for user, is_there in found.registered.items()]
    rows += [(user, f"unknown: {reason}") for user, reason in found.unknown.items()]
    console.table(("User", "Registered"), rows, empty="Nobody.")
