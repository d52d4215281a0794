"""``offhook users import-csv``, ``export`` and ``template``: users from and to CSV files."""

import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import Names, OfProfile, Search, select_users
from offhook.cli.files import new_file
from offhook.provisioning import csvfile, users
from offhook.provisioning.csvchecks import ImportReport
from offhook.provisioning.csvcolumns import write_template
from offhook.provisioning.csvfile import FROM_CSV
from offhook.sheets.csvfile import write_csv

PARTIAL = 3
SHOWN_CELLS, SHOWN_WARNINGS = 1000, 20
File = Annotated[str, typer.Argument(help="The file to write; - is the output.")]
_COLUMNS = ("Row", "Column", "Value", "Reason")


def import_csv(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV file; its first row names the columns.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Skip bad rows; else one keeps all of them out.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Change the users whose IDs the rows name.")
    ] = False,
    profile: Annotated[
        str, typer.Option(help=f'For all users; "{FROM_CSV}": each row names its own.')
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before clearing fields.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write bad cells and warnings to this CSV file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Add users from a CSV file, or change them; exit 1: nothing came in, 3: not all rows did."""
    wired = app_of(ctx)
    asks = sys.stdin.isatty() and not yes
    with ExitStack() as bars:
        with new_file(report) if report else nullcontext() as stream:
            done = csvfile.import_csv(
                wired.store,
                wired.plugins,
                file,
                partial=partial,
                overwrite=overwrite,
                profile=profile,
                dry_run=dry_run,
                actor=wired.actor,
                now=wired.now(),
                on_progress=_bar(bars),
                proceed=lambda losses: _may_go_on(losses if asks else (), bars),
            )
            if stream:
                _write_report(stream, done)
        if as_json:
            console.json_out(done)
        else:
            _show(done, report)
    _exit(done)


def export(
    ctx: typer.Context,
    file: File = "-",
    names: Names = None,
    search: Search = "",
    profile: OfProfile = "",
) -> None:
    """Write users with their PINs, without passwords, as CSV that can be imported again."""
    wired = app_of(ctx)
    everyone = not (names or search or profile)
    selection = select_users(wired, names or [], everyone, search, profile)
    with new_file(file) as stream:
        count = users.export(wired.store, stream, selection, actor=wired.actor, now=wired.now())
    if file != "-":
        users_text = console.counted(count, "user")
        console.say(f"{file} holds {users_text} with their PINs: keep it safe.")


def template(file: File = "-") -> None:
    """Write an empty CSV file with a column for everything that can be imported."""
    with new_file(file) as stream:
        write_template(stream)
    if file != "-":
        console.say(f"Fill in {file}, delete the columns that you do not need, and import it.")


def _bar(bars: ExitStack) -> Callable[[int, int], None]:
    """Return a progress function whose bar appears when it is first called."""
    shown: list[console.Advance] = []

    def advance(done: int, total: int) -> None:
        if not shown:
            shown.append(bars.enter_context(console.progress("Rows")))
        shown[0](done, total)

    return advance


def _may_go_on(losses: Sequence[str], bars: ExitStack) -> bool:
    """Ask where something is lost; once users change, Ctrl-C is too late: what is in is told."""
    bars.close()
    for loss in losses:
        console.warn(loss)
    if losses and not console.confirm("Import all the same?"):
        return False
    bars.callback(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.SIG_IGN))
    return True


def _show(done: ImportReport, report: Path | None) -> None:
    for warning in done.warnings[:SHOWN_WARNINGS]:
        console.warn(warning)
    hidden = len(done.warnings) - SHOWN_WARNINGS
    more = max(0, hidden) + done.more_warnings
    if more:
        console.warn(f"... and {more} more warnings (--report FILE keeps the first of them)")
    if done.unread:
        console.warn(f"Columns that are not known and not read: {', '.join(done.unread)}")
    shown = [(cell.row, cell.column, cell.value, cell.reason) for cell in done.bad[:SHOWN_CELLS]]
    if shown:
        console.table(_COLUMNS, shown)
    if len(done.bad) > SHOWN_CELLS:
        console.say(f"... {len(done.bad)} bad cells in all; --report FILE writes every one")
    console.say(_summary(done))
    if report:
        console.say(f"Bad cells and warnings are in {report}.")


def _summary(done: ImportReport) -> str:
    counts = f"{done.rows} rows, {done.skipped} of them bad"
    if done.refused:
        return f"Nothing was imported: {counts}. Correct them, or add --partial to leave them out."
    says = "Dry run: would be" if done.dry_run else "Done:"
    changes = f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged"
    return f"{says} {changes} ({counts}; {done.incomplete} users are incomplete)."


def _exit(done: ImportReport) -> None:
    if done.refused or done.skipped == done.rows:
        raise typer.Exit(1)
    if done.skipped:
        raise typer.Exit(PARTIAL)


def _write_report(stream: BinaryIO, done: ImportReport) -> None:
    cells = [(str(cell.row), cell.column, cell.value, cell.reason) for cell in done.bad]
    write_csv(stream, _COLUMNS, [*cells, *(("", "", "", warning) for warning in done.warnings)])
