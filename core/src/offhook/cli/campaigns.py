"""``offhook campaigns``: how far deployments are, and what to do about the uncertain ones."""

from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.deploy import PARTIAL, SHOWN, counts_text, progress_json
from offhook.errors import UnknownName
from offhook.model.deployments import Delivery
from offhook.provisioning import campaigns
from offhook.store.campaigns import CampaignLine

app = typer.Typer(
    add_completion=False,
    help="Follow deployments, and resend what is uncertain.",
    no_args_is_help=True,
)
DELIVERIES = ("failed", "uncertain", "wire", "queued", "sent", "none")
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show which mails it would be, and change nothing.")
]
Campaign = Annotated[str, typer.Argument(help="The campaign's id.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the newest campaigns."""
    found = campaigns.latest(app_of(ctx).store)
    if as_json:
        console.json_out([progress_json(each) for each in found])
        return
    rows = [
        (
            each.campaign.id,
            each.campaign.created_at,
            each.campaign.actor,
            each.campaign.total,
            "finished" if each.finished else "on its way",
            counts_text(each),
        )
        for each in found
    ]
    columns = ("Campaign", "Created", "By", "Users", "State", "Mails")
    console.table(columns, rows, empty="No campaigns yet: offhook deploy --all")


@app.command()
def show(
    ctx: typer.Context,
    campaign: Campaign,
    delivery: Annotated[
        str, typer.Option(help="Only these: queued, wire, sent, failed, uncertain or none.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many deployments are shown.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show a campaign: the failed and uncertain first, with the reason for each."""
    if delivery and delivery not in DELIVERIES:
        raise UnknownName("delivery", delivery, DELIVERIES)
    wired = app_of(ctx)
    progress = campaigns.progress(wired.store, campaign)
    found = _lines(wired.store, campaign, delivery, limit)
    if as_json:
        console.json_out(
            progress_json(progress) | {"deployments": [_line_json(each) for each in found]}
        )
        return
    state = "finished" if progress.finished else "on its way"
    users = console.counted(progress.campaign.total, "user")
    console.say(f"Campaign {campaign} for {users} is {state}.")
    console.table(
        ("User", "Recipient", "Mail", "Detail"),
        [_row(each) for each in found],
        empty="No such mails." if delivery else "A worker makes the links and sends the mails.",
    )
    if progress.counts:
        console.say(f"{counts_text(progress)}.")
    if progress.counts.get("uncertain"):
        console.say(
            "Uncertain mails may have arrived; ask, or send them again: "
            f"offhook campaigns resend {campaign} --uncertain"
        )


@app.command()
def resend(
    ctx: typer.Context,
    campaign: Campaign,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="Those that may be out.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Those given up.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Send mails again, by choice: a user may get an uncertain one twice. The link stays."""
    if uncertain == failed:
        raise typer.BadParameter("choose --uncertain or --failed")
    wired = app_of(ctx)
    delivery: Delivery = "uncertain" if uncertain else "failed"
    if dry_run:
        _preview(wired, campaign, delivery)
        return
    before = campaigns.progress(wired.store, campaign).counts.get(delivery, 0)
    queued = wired.resend(campaign, delivery)
    console.say(f"Mails queued again: {queued}.")
    if queued < before:
        console.warn(f"{before - queued} have no living link: deploy these users again.")
        raise typer.Exit(PARTIAL)


@app.command()
def resume(ctx: typer.Context, campaign: Campaign, dry_run: DryRun = False) -> None:
    """Send now what waits for a later attempt, for example after a connection was corrected."""
    wired = app_of(ctx)
    if dry_run:
        _preview(wired, campaign, "queued")
    else:
        console.say(f"Mails sent now: {wired.resend(campaign, 'queued')}.")


def _preview(wired: Any, campaign: str, delivery: Delivery) -> None:
    """Show which mails would be queued again, and which have no living link."""
    able, unable, rows, last = 0, 0, [], ""
    while found := campaigns.lines(wired.store, campaign, delivery=delivery, after=last):
        last = found[-1].deployment.id
        for line in found:
            why_not = campaigns.why_not_again(line.deployment, wired.now())
            able, unable = able + (not why_not), unable + bool(why_not)
            if (unable if why_not else able) <= SHOWN:
                rows.append((line.user or "(deleted)", line.deployment.recipient, why_not))
    console.table(("User", "Recipient", "Left out"), rows)
    console.say(f"{able} would be sent again, {unable} left out. Nothing has been changed.")


def _lines(store: Any, campaign: str, delivery: str, limit: int) -> list[CampaignLine]:
    """Return up to *limit* lines, those that need somebody first."""
    wanted = [delivery] if delivery else DELIVERIES
    found: list[CampaignLine] = []
    for each in wanted:
        if len(found) < limit:
            found += campaigns.lines(store, campaign, delivery=each, limit=limit - len(found))
    return found


def _row(line: CampaignLine) -> tuple[str, ...]:
    deployment = line.deployment
    detail = deployment.delivery_detail
    if deployment.delivery == "queued" and deployment.not_before:
        detail += f" (next attempt {console.moment(deployment.not_before)})"
    return (line.user or "(deleted)", deployment.recipient, deployment.delivery, detail.strip())


def _line_json(line: CampaignLine) -> dict[str, Any]:
    deployment = line.deployment
    return {
        "id": deployment.id,
        "user_id": deployment.user_id,
        "user": line.user,
        "name": line.name,
        "recipient": deployment.recipient,
        "rule": deployment.recipient_rule,
        "delivery": deployment.delivery,
        "detail": deployment.delivery_detail,
        "delivered_at": deployment.delivered_at,
        "attempts": deployment.attempts,
        "not_before": deployment.not_before,
        "message_id": deployment.message_id,
    }
