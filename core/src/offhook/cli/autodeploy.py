"""``offhook auto-deploy``: force config for clients that are there, a deployment for the others."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli import deploy as deploying
from offhook.cli import force as forcing
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.cli.deploy import PARTIAL, SHOWN, DryRun, Local, Transport, Wait
from offhook.model.profiles import NO_TRANSPORT
from offhook.provisioning.forcing import Reach
from offhook.provisioning.planning import Planned

app = typer.Typer(add_completion=False)


@app.command("auto-deploy")
def auto_deploy(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    local: Local = False,
    transport: Transport = "",
    dry_run: DryRun = False,
    wait: Wait = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Force config for users whose client has downloaded, and give the others a fresh link."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    by = NO_TRANSPORT if local else transport
    if dry_run:
        _show_plan(wired.plan_auto_deploy(chosen, transport=by), as_json)
        return
    with console.progress("Forcing", forcing.count(wired, chosen)) as advance:
        done = wired.auto_deploy(chosen, transport=by, on_progress=advance)
    progress = None
    if done.campaign:
        progress = deploying.follow(wired, done.campaign, wait=wait and not local)
    if as_json:
        campaign = deploying.campaign_json(wired, progress, local) if progress else None
        console.json_out({"forced": forcing.forced_json(done.forced), "campaign": campaign})
    else:
        forcing.report(done.forced)
        if progress:
            deploying.report(wired, progress, local)
    if done.forced.sorted.gone or (progress and deploying.is_partial(progress)):
        raise typer.Exit(PARTIAL)


def _show_plan(plan: Iterable[tuple[Reach, Planned | None]], as_json: bool) -> None:
    rows = (_row(reach, planned) for reach, planned in plan)
    if as_json:
        console.json_out(list(rows))
        return
    counts = {"force": 0, "deploy": 0, "none": 0}
    shown = []
    for row in rows:
        counts[row["way"]] += 1
        if row["way"] == "none" or counts[row["way"]] <= SHOWN:
            shown.append(tuple(row[each] for each in _SHOWN))
    console.table(("User", "Name", "Gets", "Why", "Recipient", "Left out"), shown)
    if max(counts["force"], counts["deploy"]) > SHOWN:
        console.say("... and more (--json lists all)")
    console.say(
        f"{counts['force']} would be forced, {counts['deploy']} deployed, {counts['none']} left "
        "out. Nothing has been changed."
    )


_SHOWN = ("user", "name", "way", "reason", "recipient", "why_not")


def _row(reach: Reach, planned: Planned | None) -> dict[str, Any]:
    """Return what a user gets; one who cannot be deployed either gets nothing."""
    found = forcing.reach_json(reach)
    way = "none" if planned and planned.why_not else reach.way
    return found | {
        "way": way,
        "recipient": planned.recipient if planned else "",
        "rule": planned.rule if planned and planned.recipient else "",
        "transport": planned.transport if planned else "",
        "why_not": planned.why_not if planned else "" if reach.way == "force" else reach.reason,
    }
