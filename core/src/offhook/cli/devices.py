"""``offhook devices``: the clients that downloaded, and their logs; a lost one is revoked."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from attrs import asdict

from offhook import console
from offhook.app import App
from offhook.cli import app_of
from offhook.cli.arguments import Names
from offhook.cli.files import new_file
from offhook.provisioning import clientlogs, devices, users
from offhook.provisioning.devices import Revoked
from offhook.store.devices import DeviceLine

app = typer.Typer(
    add_completion=False,
    help="List the clients that downloaded and their logs, and revoke lost ones.",
    no_args_is_help=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    names: Names = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Devices per page.")] = 50,
    after: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """List devices, those of some users or all, the newest first."""
    wired = app_of(ctx)
    page = devices.page(wired.store, _ids_of(wired, names), after=after, limit=limit)
    if as_json:
        lines = [_line_json(each) for each in page.lines]
        console.json_out({"devices": lines, "next": page.next or None})
        return
    _show(page.lines)
    if page.next:
        console.say(f"More devices: add --after {page.next}")


@app.command()
def revoke(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="DEVICE...", help="Ids of devices.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which they are, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Refuse devices from now on, for example a lost phone; links and other devices stay."""
    wired = app_of(ctx)
    done: list[Revoked] = []
    if not dry_run:
        done = devices.revoke(wired.store, ids, actor=wired.actor, now=wired.now())
    lines = devices.find(wired.store, ids)
    if as_json:
        console.json_out([_line_json(each) for each in lines])
        return
    _show(lines)
    if dry_run:
        console.say("These would be revoked. Nothing has been changed.")
    else:
        _report(done)


@app.command("logs")
def list_logs(
    ctx: typer.Context,
    names: Names = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Logs per page.")] = 50,
    after: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the logs that clients sent, those of some users or all, the newest first."""
    wired = app_of(ctx)
    page = clientlogs.page(wired.store, _ids_of(wired, names), after=after, limit=limit)
    if as_json:
        lines = [asdict(log) | {"user": user} for log, user in page.lines]
        console.json_out({"logs": lines, "next": page.next or None})
        return
    columns = ("Log", "User", "Device", "Client", "Bytes", "Received")
    rows = [
        (log.id, user, log.device_id, log.agent, log.size, log.received_at)
        for log, user in page.lines
    ]
    console.table(columns, rows, empty="No client has sent a log. See the setting log_upload.")
    if page.next:
        console.say(f"More logs: add --after {page.next}")


@app.command()
def log(
    ctx: typer.Context,
    log_id: Annotated[str, typer.Argument(metavar="LOG", help="Id of a log.")],
    out: Annotated[str, typer.Option(help="File to write; - is the terminal.")] = "-",
) -> None:
    """Give the log that a client sent, without passwords and tokens; the audit says who read it."""
    wired = app_of(ctx)
    _, text = clientlogs.read(wired.store, log_id, actor=wired.actor, now=wired.now())
    with new_file(out) as file:
        file.write(text.encode())
    if out != "-":
        console.say(f"Written: {out}")


def _ids_of(wired: App, names: Sequence[str] | None) -> list[str] | None:
    with wired.store.read() as tx:
        return [users.find(tx, name).id for name in names] if names else None


def _report(done: Sequence[Revoked]) -> None:
    count = sum(each.is_new for each in done)
    console.say(f"Revoked: {console.counted(count, 'device')}. They get nothing new from now on.")
    if count < len(done):
        console.say(f"Revoked before: {len(done) - count}.")
    console.say("What they have they keep: change the SIP password to lock a lost phone out.")
    for user, left in {each.line.user: each.downloads_left for each in done}.items():
        if left:
            downloads = console.counted(left, "download")
            console.warn(f"The link of {user} is good for {downloads}: offhook deploy {user}")


def _show(lines: Sequence[DeviceLine]) -> None:
    columns = ("Device", "User", "Client", "Downloaded", "Last seen", "Revoked")
    rows = [
        (
            each.device.id,
            f"{each.user or '(deleted)'} {each.name}",
            each.device.agent or each.device.format,
            each.device.downloaded_at,
            each.device.seen_at,
            each.device.revoked_at,
        )
        for each in lines
    ]
    console.table(columns, rows, empty="No client has downloaded yet.")


def _line_json(line: DeviceLine) -> dict[str, Any]:
    device = line.device
    return {
        "id": device.id,
        "user_id": device.user_id,
        "user": line.user,
        "name": line.name,
        "deployment_id": device.deployment_id,
        "format": device.format,
        "agent": device.agent,
        "accounts": device.accounts,
        "downloaded_at": device.downloaded_at,
        "applied_at": device.applied_at,
        "seen_at": device.seen_at,
        "revoked_at": device.revoked_at,
    }
