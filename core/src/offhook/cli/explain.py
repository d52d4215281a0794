"""``offhook explain``: why a phone is not provisioned."""

from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.diagnostics.explain import Explanation
from offhook.diagnostics.explain import explain as find_out

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="USER-OR-TOKEN", help="Number, id or token.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what happened to a user's link, what stands in the way, and what to do."""
    wired = app_of(ctx)
    found = find_out(wired.store, wired.plugins, text, now=wired.now())
    if as_json:
        console.json_out(found)
    else:
        _show(found)


def _show(found: Explanation) -> None:
    if found.user:
        console.say(f"{found.user.name} ({found.user.key}), profile {found.user.profile}")
    console.say(f"State: {found.state}")
    deployment = found.deployment
    if deployment:
        facts = (
            ("made", deployment.created_at),
            ("mail sent", deployment.delivered_at),
            ("link opened (a person or a mail scanner)", deployment.opened_at),
            ("downloaded", deployment.downloaded_at),
            ("applied", deployment.applied_at),
            ("registered", deployment.registered_at),
        )
        console.table(("When", "What"), [(when, what) for what, when in facts if when])
    rows = [
        (each.level, each.summary, f"{each.meaning} {each.action}".strip())
        for each in found.findings
    ]
    console.table(("Level", "Finding", "What to do"), rows)
