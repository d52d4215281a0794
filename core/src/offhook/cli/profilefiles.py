"""``offhook profiles export``, ``import``, ``preview``, ``diff``: written, read, looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import read_text
from offhook.cli.files import new_file
from offhook.cli.offers import confirm_taken_away, offer_force
from offhook.provisioning import configpreviews, previews, profilefiles, profiles, resolving, users

Name = Annotated[str, typer.Argument(help="The profile's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def export(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Profiles; left out: all.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here; left out: show.")] = None,
) -> None:
    """Write profiles as TOML: what they say themselves."""
    with app_of(ctx).store.read() as tx:
        found = [profiles.get(tx, name) for name in names] if names else tx.profiles.all()
    text = profilefiles.write(found)
    if out:
        with new_file(out) as file:
            file.write(text.encode())
        console.say(f"{console.counted(len(found), 'profile')} written to {out}.")
    else:
        console.plain(text.rstrip())


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file as export writes it.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Change profiles that are there already, too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would do; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make profiles from a TOML file: all of it, or nothing."""
    wired = app_of(ctx)
    text = read_text(file, "The profiles")
    if not (yes or dry_run):
        _ask_for_emergencies(wired, text)
    done = profilefiles.read(
        wired.store,
        wired.plugins,
        text,
        overwrite=overwrite,
        dry_run=dry_run,
        actor=wired.actor,
        now=wired.now(),
    )
    if as_json:
        console.json_out(done)
        return
    console.say(
        f"{len(done.made)} made, {len(done.changed)} changed, {len(done.unchanged)} as they were."
    )
    if dry_run:
        console.say(f"New: {_names(done.made)}. Changed: {_names(done.changed)}.")
        console.say("This was a dry run: nothing has been changed.")
        return
    for name in done.changed:
        offer_force(wired, name)


def _ask_for_emergencies(wired: Any, text: str) -> None:
    for name, numbers in profilefiles.taken_away(wired.store, wired.plugins, text).items():
        confirm_taken_away(numbers, where=f"Profile {name}: ")


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def preview(
    ctx: typer.Context,
    name: Name,
    user: Annotated[str, typer.Option(help="Of this user; left out: of an invented one.")] = "",
    client_format: Annotated[
        str, typer.Option("--format", help="As this format; left out: the profile's.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show the configuration that a client would get, secrets masked, and what gets lost."""
    wired = app_of(ctx)
    with wired.store.read() as tx:
        profile = profiles.get(tx, name)
        person = users.find(tx, user) if user else previews.invent(name, wired.now())
    shown = configpreviews.render(
        profile,
        person,
        wired.plugins,
        client_format=client_format,
        public_url=wired.settings.public_url,
    )
    body = shown.config.body.decode("utf-8", "replace")
    if as_json:
        console.json_out(
            {
                "format": shown.label,
                "content_type": shown.config.content_type,
                "body": body,
                "lost": shown.config.lost,
            }
        )
        return
    console.plain(body.rstrip())
    for lost in shown.config.lost:
        console.warn(f"{lost.setting}: {lost.reason}.")


def diff(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(help="A profile.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Show in what two profiles differ: values, modes, and who set them."""
    wired = app_of(ctx)
    with wired.store.read() as tx:
        pair = profiles.get(tx, first), profiles.get(tx, second)
    found = resolving.compare(*pair, wired.plugins)
    if as_json:
        console.json_out(found)
        return
    rows = [
        (each.setting, each.first or "-", each.first_mode, each.second or "-", each.second_mode)
        for each in found
    ]
    columns = ("Setting", first, "Mode", second, "Mode")
    console.table(columns, rows, empty=f"{first} and {second} say the same.")
