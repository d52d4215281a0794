"""``offhook diagnose``: whether phones reach what they need, and where it fails."""

from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.diagnostics import catalogue, plans, runs
from offhook.diagnostics.catalogue import Explained
from offhook.errors import InvalidInput
from offhook.model.diagnoses import Check, Diagnosis
from offhook.provisioning import profiles

app = typer.Typer(add_completion=False)
_TESTS = {"redirect": "1, redirect service", "download": "2, download", "service": "3, service"}


@app.command()
def diagnose(
    ctx: typer.Context,
    profile: Annotated[str, typer.Argument(help="The profile to test.")] = "",
    host: Annotated[
        str,
        typer.Option(
            help="Test this host in place of the profile's: a user's own client service host."
        ),
    ] = "",
    history: Annotated[
        bool, typer.Option("--history", help="Show what earlier runs found, the newest first.")
    ] = False,
    text: Annotated[
        str, typer.Option("--explain", help="Say what an error message means: paste it, or a code.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Test whether clients reach this server, and ask every connection; exit 1 on a failure."""
    if text:
        _explain(text, as_json=as_json)
        return
    wired = app_of(ctx)
    if not profile:
        with wired.store.read() as tx:
            names = ", ".join(each.name for each in tx.profiles.all())
        raise InvalidInput("Say which profile to test.", hint=f"One of: {names}")
    if history:
        _show_history(wired, profile, as_json=as_json)
        return
    show(make(wired, profile, host=host), as_json=as_json)


def make(wired: Any, profile: str, *, host: str = "") -> Diagnosis:
    """Diagnose a profile, telling how it goes; the result is kept."""
    plan = plans.plan(
        wired.store,
        wired.plugins,
        profile,
        host=host,
        public_url=wired.settings.public_url,
        now=wired.now(),
    )
    with console.checklist({each.name: each.label for each in plan.tasks}) as tick:
        found = runs.run(
            plan, now=wired.now(), on_done=lambda check: tick(check.name, check.verdict)
        )
    with wired.store.write() as tx:
        tx.diagnoses.add(found)
    return found


def show(found: Diagnosis, *, as_json: bool) -> None:
    """Show a diagnosis; a failure in it is exit status 1."""
    if as_json:
        console.json_out(found)
    else:
        console.say(f"Profile {found.profile}, download host {found.host}")
        for check in found.checks:
            _show_check(check)
        console.say("\n" + "\n".join(found.remarks))
    if found.failed:
        raise typer.Exit(1)


def _show_check(check: Check) -> None:
    console.say(f"\n{check.label}: {check.verdict}")
    for finding in check.findings:
        console.say(f"  {finding.level}: {finding.summary}")
        for text in filter(None, (finding.meaning, finding.action)):
            console.say(f"    {text}")


def _show_history(wired: Any, profile: str, *, as_json: bool) -> None:
    with wired.store.read() as tx:
        profiles.get(tx, profile)
        found = tx.diagnoses.of(profile)
    if as_json:
        console.json_out(found)
        return
    rows = [
        (each.at, each.host, *(_verdict(each, test) for test in _TESTS), _failures(each))
        for each in found
    ]
    console.table(
        ("When", "Host", *_TESTS.values(), "Failures"), rows, empty="It was never diagnosed."
    )


def _verdict(diagnosis: Diagnosis, test: str) -> str:
    return next((each.verdict for each in diagnosis.checks if each.name == test), "")


def _failures(diagnosis: Diagnosis) -> str:
    codes = [
        finding.code
        for check in diagnosis.checks
        for finding in check.findings
        if finding.level == "failure"
    ]
    return ", ".join(dict.fromkeys(codes))


def _explain(text: str, *, as_json: bool) -> None:
    found = catalogue.explain(text)
    if not found:
        raise InvalidInput(
            "No message is known that holds these words.",
            hint="Paste the whole message, or a code of the reference: Messages of the diagnosis.",
        )
    rows = [(_test(each), *_blank(each)) for each in found]
    if as_json:
        names = ("test", "code", "meaning", "action")
        console.json_out([dict(zip(names, row, strict=True)) for row in rows])
    else:
        console.table(("Test", "Code", "Meaning", "What to do"), rows)


def _test(explained: Explained) -> str:
    return _TESTS.get(explained.test or "", "any")


def _blank(explained: Explained) -> tuple[str, str, str]:
    """Return code, meaning and action, with words in place of what only a test knows."""
    message = explained.message
    return message.code, catalogue.blank(message.meaning), catalogue.blank(message.action)
