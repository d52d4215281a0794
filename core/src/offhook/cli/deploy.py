"""``offhook deploy``: sends users their link and code, or only makes them."""

from datetime import timedelta
from time import sleep
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.model.deployments import Campaign
from offhook.model.profiles import NO_TRANSPORT
from offhook.model.users import Selection
from offhook.provisioning import campaigns, invitations, placeholders, planning
from offhook.provisioning.campaigns import Progress
from offhook.provisioning.planning import Planned

app = typer.Typer(add_completion=False)
PARTIAL = 3
SHOWN = 50
_POLLING = 0.2
Local = Annotated[bool, typer.Option("--local", help="No mail: show the links.")]
Transport = Annotated[str, typer.Option(help="The connection that sends, this time.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show who would get what; change nothing.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until every mail is out.")]


@app.command()
def deploy(
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
    """Give users a fresh link; their older ones end. A worker sends the mails."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    by = NO_TRANSPORT if local else transport
    if dry_run:
        _show_plan(wired, chosen, by, as_json)
        return
    if not local:
        _warn_of_text(wired)
    progress = follow(wired, wired.deploy(chosen, transport=by), wait=wait and not local)
    if as_json:
        console.json_out(campaign_json(wired, progress, local))
    else:
        report(wired, progress, local)
    if is_partial(progress):
        raise typer.Exit(PARTIAL)


def follow(wired: Any, campaign: Campaign, *, wait: bool) -> Progress:
    """Return how far a campaign is, on demand only when every mail is out."""
    progress = campaigns.progress(wired.store, campaign.id)
    return _wait(wired, progress) if wait else progress


def report(wired: Any, progress: Progress, local: bool) -> None:
    """Tell people what became of a campaign; the links of a *local* one."""
    if local:
        _show_links(wired, progress)
    else:
        _report(wired, progress)


def campaign_json(wired: Any, progress: Progress, local: bool) -> dict[str, Any]:
    """Return a campaign with the links of a *local* one, as programs read it."""
    return progress_json(progress) | {"links": _links(wired, progress.campaign.id, local)}


def is_partial(progress: Progress) -> bool:
    """Whether somebody was left out, or a mail may not be out."""
    return bool(progress.counts.get("failed") or progress.counts.get("uncertain"))


def progress_json(progress: Progress) -> dict[str, Any]:
    """Return a campaign as programs read it."""
    campaign = progress.campaign
    return {
        "id": campaign.id,
        "created_at": campaign.created_at,
        "actor": campaign.actor,
        "transport": campaign.transport,
        "total": campaign.total,
        "made": progress.made,
        "finished": progress.finished,
        "counts": progress.counts,
    }


def counts_text(progress: Progress) -> str:
    """Return the counts as people read them."""
    return ", ".join(f"{count} {name}" for name, count in sorted(progress.counts.items()))


def _show_plan(wired: Any, chosen: Selection, transport: str, as_json: bool) -> None:
    plan = planning.plan(wired.store, wired.plugins, chosen, transport=transport)
    if as_json:
        console.json_out([_planned_json(each) for each in plan])
        return
    able, unable, rows = 0, 0, []
    for each in plan:
        able, unable = able + (not each.why_not), unable + bool(each.why_not)
        if each.why_not or able <= SHOWN:
            rows.append(_row(each))
    console.table(("User", "Name", "Recipient", "Chosen by", "Transport", "Left out"), rows)
    if able > SHOWN:
        console.say(f"... and {able - SHOWN} more (--json lists all)")
    console.say(f"{able} would be deployed, {unable} left out. Nothing has been changed.")


def _row(planned: Planned) -> tuple[str, ...]:
    user = planned.user
    shown = (planned.recipient, planned.rule if planned.recipient else "", planned.transport)
    return (user.key, user.name, *shown, planned.why_not)


def _planned_json(planned: Planned) -> dict[str, str]:
    names = ("user", "name", "recipient", "rule", "transport", "why_not")
    return {"id": planned.user.id} | dict(zip(names, _row(planned), strict=True))


def _warn_of_text(wired: Any) -> None:
    with wired.store.read() as tx:
        texts = invitations.load(tx)
    for warning in placeholders.check(texts.subject, texts.body):
        console.warn(warning)


def _wait(wired: Any, progress: Progress) -> Progress:
    _warn_without_worker(wired)
    campaign = progress.campaign
    with console.progress("Mails", campaign.total) as advance:
        while not progress.finished:
            sleep(_POLLING)
            progress = campaigns.progress(wired.store, campaign.id)
            advance(progress.done)
    return progress


def _report(wired: Any, progress: Progress) -> None:
    campaign = progress.campaign
    if progress.finished:
        console.say(f"Campaign {campaign.id}: {counts_text(progress)}.")
        return
    users_text = console.counted(campaign.total, "user")
    console.say(f"Campaign {campaign.id} for {users_text} is on its way.")
    console.say(f"Follow it with: offhook campaigns show {campaign.id}")
    _warn_without_worker(wired)


def _warn_without_worker(wired: Any) -> None:
    limit = wired.now() - timedelta(seconds=3 * wired.settings.worker_heartbeat)
    with wired.store.read() as tx:
        if not tx.workers.alive_since(limit):
            console.warn("No worker is running: mails wait until you start offhook serve.")


def _links(wired: Any, campaign_id: str, local: bool) -> list[dict[str, str]]:
    if not local:
        return []
    found = campaigns.lines(wired.store, campaign_id, delivery="none", limit=SHOWN)
    shown = [wired.links_of(line.deployment.user_id) for line in found]
    return [
        {
            "user": each.user.id,
            "key": each.user.key,
            "page_url": each.page_url.reveal(),
            "config_url": each.config_url.reveal(),
        }
        for each in shown
    ]


def _show_links(wired: Any, progress: Progress) -> None:
    campaign = progress.campaign
    shown = _links(wired, campaign.id, True)
    console.table(("User", "Link"), [(each["key"], each["page_url"]) for each in shown])
    if progress.made > SHOWN:
        console.say(f"... of {progress.made}; show one with: offhook qr USER")
    for line in campaigns.lines(wired.store, campaign.id, delivery="failed", limit=SHOWN):
        console.warn(f"{line.user} was left out: {line.deployment.delivery_detail}")
