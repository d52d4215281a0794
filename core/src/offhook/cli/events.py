"""``offhook events``: what an administrator should know."""

from typing import Annotated

import typer

from offhook import console, events
from offhook.cli import app_of

app = typer.Typer(
    add_completion=False, help="List what an administrator should know.", no_args_is_help=True
)


@app.command("list")
def list_(
    ctx: typer.Context,
    subject: Annotated[str, typer.Option(help="Only what is about this.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the newest events first."""
    found = events.latest(app_of(ctx).store, subject=subject, everything=everything, limit=limit)
    if as_json:
        console.json_out(found)
        return
    console.table(
        ("No.", "Since", "Severity", "About", "What", "Resolved"),
        [
            (each.id, each.raised_at, each.severity, each.subject, each.text, each.resolved_at)
            for each in found
        ],
        empty="No open events.",
    )


@app.command()
def resolve(
    ctx: typer.Context, number: Annotated[int, typer.Argument(help="The event's number.")]
) -> None:
    """Say that an event is over."""
    wired = app_of(ctx)
    event = events.dismiss(wired.store, number, actor=wired.actor, now=wired.now())
    console.say(f"Resolved: {event.text}")
