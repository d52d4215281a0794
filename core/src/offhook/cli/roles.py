"""``offhook roles``: which profile the users of a PBX get by their role there."""

from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.provisioning import roles
from offhook.provisioning.roles import NO_CLIENT

app = typer.Typer(
    add_completion=False,
    help="Say which profile the roles of a PBX get; a role that nobody has mapped gets none.",
    no_args_is_help=True,
)
Source = Annotated[str, typer.Argument(metavar="CONNECTION", help="Where the roles come from.")]
Role = Annotated[str, typer.Argument(help='The role as the PBX calls it; "" is for no role.')]


@app.command("list")
def list_(
    ctx: typer.Context,
    source: Source,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the roles of a PBX: those that are mapped, and those that its users have."""
    found = roles.lines(app_of(ctx).store, source)
    if as_json:
        console.json_out(found)
        return
    rows = [(each.role or "(no role)", each.users, _meaning(each.profile)) for each in found]
    empty = f"No roles yet. Read the users first: offhook users available --from {source}"
    console.table(("Role", "Users", "Gets"), rows, empty=empty)


@app.command("set")
def set_(
    ctx: typer.Context,
    source: Source,
    role: Role,
    profile: Annotated[str, typer.Argument(help=f"A profile; {NO_CLIENT}: do not deploy.")],
) -> None:
    """Say which profile a role gets; users that are here already get it when their role changes."""
    wired = app_of(ctx)
    roles.assign(wired.store, source, role, profile, actor=wired.actor, now=wired.now())
    console.say(f"{_called(role)} of {source}: {_meaning(profile)}.")


@app.command()
def remove(ctx: typer.Context, source: Source, role: Role) -> None:
    """Forget what a role gets."""
    wired = app_of(ctx)
    roles.remove(wired.store, source, role, actor=wired.actor, now=wired.now())
    console.say(f"{_called(role)} of {source}: not mapped any more.")


def _called(role: str) -> str:
    return f"Role {role!r}" if role else "People without a role"


def _meaning(profile: str) -> str:
    if profile == NO_CLIENT:
        return "no client"
    return f"profile {profile}" if profile else "nobody has said"
