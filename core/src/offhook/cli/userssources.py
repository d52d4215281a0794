"""``offhook users available``, ``import``, ``sync``, ``set-passwords``: users from PBXs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from attrs import asdict

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Everyone, Names, OfProfile, Search, select_users
from offhook.provisioning import available as offers
from offhook.provisioning import merging, passwordfile, passwords, sources, syncing
from offhook.provisioning.available import Offer
from offhook.provisioning.passwords import PasswordReport
from offhook.provisioning.syncreports import Line, Synced, SyncReport, Wanted

PARTIAL = 3
SHOWN = 50
From = Annotated[
    list[str] | None, typer.Option("--from", metavar="CONNECTION", help="Only from these.")
]
Last = Annotated[bool, typer.Option("--last", help="As read last; do not read again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show it, and change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def available(
    ctx: typer.Context,
    from_: From = None,
    last: Last = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Persons per page.")] = 50,
    after: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """List whom the PBXs and gateways offer, one line a person, and who is a user already."""
    wired = app_of(ctx)
    names = _read(wired, from_ or [], last or bool(after))
    page = offers.page(wired.store, names, after=after, limit=limit)
    if as_json:
        console.json_out({"rule": merging.RULE, "persons": page.offers, "next": page.next})
        return
    console.table(_OFFERED, [_offered(each) for each in page.offers], empty="Nobody.")
    for each in page.offers:
        for conflict in each.conflicts:
            console.warn(
                f"{each.user}, {conflict.field}: {conflict.by} says {conflict.kept!r}, "
                f"{conflict.other_by} says {conflict.other!r}; the first counts."
            )
    console.say(f"{console.counted(page.total, 'person')} in all. {merging.RULE}")
    if page.next:
        console.say(f"More: add --after {page.next}")


def import_(
    ctx: typer.Context,
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="NUMBER...", help="Directory numbers.")
    ] = None,
    from_: From = None,
    everyone: Annotated[bool, typer.Option("--all", help="Everybody whom it offers.")] = False,
    profile: Annotated[str, typer.Option(help="For new users; else their role decides.")] = "",
    deploy: Annotated[bool, typer.Option("--deploy", help="Send new users their link.")] = False,
    last: Last = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make users of those whom PBXs offer; exit 3 where some were skipped."""
    if bool(numbers) == everyone:
        raise typer.BadParameter("name directory numbers, or give --all")
    wired = app_of(ctx)
    names = _read(wired, from_ or [], last)
    wanted = Wanted(
        sources=names,
        numbers=None if everyone else frozenset(numbers or []),
        adds="all",
        profile=profile,
    )
    _run(wired, wanted, deploy=deploy, dry_run=dry_run, as_json=as_json)


def sync(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    from_: From = None,
    last: Last = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Read users again from where they came: added, changed, gone, skipped; nobody is deleted."""
    if bool(names) + everyone + bool(from_) != 1:
        raise typer.BadParameter("name users, or give --all, or --from CONNECTION")
    wired = app_of(ctx)
    if names:
        chosen = select_users(wired, names, False, "", "")
        wanted = syncing.wanted_of(wired.store, chosen)
        _read(wired, wanted.sources, last)
    else:
        wanted = Wanted(sources=_read(wired, from_ or [], last))
    _run(wired, wanted, deploy=True, dry_run=dry_run, as_json=as_json)


def set_passwords(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    renew: Annotated[bool, typer.Option("--renew", help="Those who have one, too.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make SIP passwords and bring them to the PBX, where its plugin can; phones need new ones."""
    wired = app_of(ctx)
    chosen = select_users(wired, names or [], everyone, search, profile)
    with console.progress("Passwords") as advance:
        done = passwords.provide(
            wired.store,
            wired.plugins,
            chosen,
            renew=renew,
            dry_run=dry_run,
            actor=wired.actor,
            now=wired.now(),
            on_progress=advance,
        )
    if as_json:
        console.json_out(done)
    else:
        _show_passwords(done, dry_run)
    if done.failed:
        raise typer.Exit(PARTIAL)


def import_passwords(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV: directory numbers and passwords.")],
    source: Annotated[
        str, typer.Option("--from", help="The PBX whose users they are, or their gateway.")
    ],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give users the SIP passwords of an operator's file, for a PBX or gateway that shows none."""
    wired = app_of(ctx)
    done = passwordfile.import_file(
        wired.store,
        wired.plugins,
        file,
        source,
        dry_run=dry_run,
        actor=wired.actor,
        now=wired.now(),
    )
    if as_json:
        console.json_out(done)
    else:
        rows = [(cell.row, cell.column, cell.value, cell.reason) for cell in done.bad]
        if rows:
            console.table(("Row", "Column", "Value", "Reason"), rows)
        says = "Nobody was changed: correct the file." if done.refused else "Done:"
        says = "Dry run:" if dry_run and not done.refused else says
        counts = f"{done.rows} rows, {done.changed} users with something new"
        console.say(f"{says} {counts}, {done.unchanged} as they were.")
    if done.refused:
        raise typer.Exit(1)


_OFFERED = ("Number", "Name", "PBX", "MBG SIP user", "E-mail", "Role", "From", "Here")


def _offered(each: Offer) -> tuple[str, ...]:
    return (
        each.number,
        each.name,
        each.pbx,
        each.gateway_username,
        each.email,
        each.role,
        ", ".join(each.sources),
        each.user if each.imported else "",
    )


def _read(wired: Any, wanted: Sequence[str], last: bool) -> list[str]:
    """Read the sources that are wanted, or all, unless the last reading will do."""
    names: list[str] = sources.names(wired.store, wired.plugins, wanted)
    if last:
        sources.check_read(wired.store, names)
    else:
        for name in names:
            with console.progress(f"Reading {name}") as advance:
                sources.read(wired.store, wired.plugins, name, now=wired.now(), on_progress=advance)
    return names


def _run(wired: Any, wanted: Wanted, *, deploy: bool, dry_run: bool, as_json: bool) -> None:
    with console.progress("Users") as advance:
        done = wired.sync(wanted, deploy=deploy, dry_run=dry_run, on_progress=advance)
    if as_json:
        campaign = done.campaign.id if done.campaign else ""
        rest = {"passwords": done.passwords, "campaign": campaign, "waiting": done.waiting}
        console.json_out(asdict(done.report, recurse=False) | rest)
    else:
        _show(done.report)
        if done.passwords:
            _show_passwords(done.passwords, dry_run)
        if deploy:
            _show_deployed(done)
    if done.report.counts["skipped"]:
        raise typer.Exit(PARTIAL)


def _show(report: SyncReport) -> None:
    for warning in report.warnings:
        console.warn(warning)
    rows = [(each.what, each.user, each.name, _detail(each)) for each in report.lines[:SHOWN]]
    if rows:
        console.table(("What", "User", "Name", "Detail"), rows)
    if len(report.lines) > SHOWN:
        console.say(f"... and {sum(report.counts.values()) - SHOWN} more (--json lists more)")
    counts = ", ".join(f"{count} {what}" for what, count in sorted(report.counts.items()))
    says = "Dry run, nothing is changed: " if report.dry_run else "Done: "
    console.say(f"{says}{counts or 'nobody'}.")


def _detail(line: Line) -> str:
    parts = [f"{each.field}: {each.old or '-'} -> {each.new or '-'}" for each in line.fields]
    if line.profile:
        parts.append(f"profile {line.profile}")
    return "; ".join([*parts, *filter(None, [line.reason])])


def _show_deployed(done: Synced) -> None:
    if done.report.dry_run and done.report.deploy:
        console.say(f"{console.counted(len(done.report.deploy), 'user')} would be deployed.")
    if done.campaign:
        count = done.campaign.total
        who, verb = console.counted(count, "user"), "is" if count == 1 else "are"
        console.say(f"{who} {verb} being deployed: offhook campaigns show {done.campaign.id}")
    for reason, count in done.waiting.items():
        who = console.counted(count, "user")
        console.warn(f"Not deployed until the next sync that finds them able: {who}, {reason}.")


def _show_passwords(done: PasswordReport, dry_run: bool) -> None:
    says = "would get" if dry_run else "got"
    served = console.counted(done.set, "user")
    console.say(f"SIP passwords: {served} {says} one, {done.unchanged} had one before.")
    if done.by_hand:
        console.say(f"From a file or by hand: {console.counted(done.by_hand, 'user')}.")
    if done.failed:
        console.table(("User", "Not set because"), [*done.failed.items()])
