"""``offhook events``: what an administrator should know."""

from typing import Annotated

import typer

from offhook import console, events
from offhook.cli import app_of
from offhook.provisioning import notices

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


@app.command("mail-to")
def mail_to(
    ctx: typer.Context,
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="ADDRESS...", help="Who wants to know.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Mail nobody any more.")] = False,
) -> None:
    """Mail new events to these addresses, by the default transport; alone, show who is mailed."""
    wired = app_of(ctx)
    if addresses and nobody:
        raise typer.BadParameter("name addresses, or give --nobody")
    if addresses or nobody:
        notices.mail_to(wired.store, addresses or [], actor=wired.actor, now=wired.now())
    found = ", ".join(notices.recipients(wired.store))
    console.say(f"New events are mailed to: {found}." if found else "Events are mailed to nobody.")


@app.command()
def resolve(
    ctx: typer.Context, number: Annotated[int, typer.Argument(help="The event's number.")]
) -> None:
    """Say that an event is over."""
    wired = app_of(ctx)
    event = events.dismiss(wired.store, number, actor=wired.actor, now=wired.now())
    console.say(f"Resolved: {event.text}")
