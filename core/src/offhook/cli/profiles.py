"""``offhook profiles``: deployment profiles and who set what."""

from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of, findings
from offhook.cli.arguments import read_pairs
from offhook.diagnostics import profiles as diagnostics
from offhook.errors import InvalidInput
from offhook.model.described import describe
from offhook.model.settings import Settings
from offhook.provisioning import profiles, users

app = typer.Typer(
    add_completion=False, help="Show and change deployment profiles.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="The profile's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SETTING=VALUE...",
        help="Settings (see: offhook profiles settings), pbx_type, transport and gateway; "
        "an empty value goes back to the default.",
    ),
]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the profiles."""
    wired = app_of(ctx)
    with wired.store.read() as tx:
        found = tx.profiles.all()
        counts = {each.id: tx.profiles.count_users(each.id) for each in found}
    rows = [_line(each, counts[each.id], wired.plugins) for each in found]
    if as_json:
        console.json_out(rows)
        return
    columns = ("Name", "PBX type", "Call mode", "Softphone", "Teleworker", "Users", "Missing")
    console.table(columns, [tuple(row.values()) for row in rows])


@app.command()
def explain(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A profile, or a user (number, id).")],
    as_json: AsJson = False,
) -> None:
    """Show every setting, its value, how it binds the client, and who set it."""
    wired = app_of(ctx)
    with wired.store.read() as tx:
        profile = tx.profiles.named(name)
        user = None if profile else users.find(tx, name)
        profile = profile or profiles.get(tx, user.profile if user else name)
    resolved = profiles.resolve_for(profile, user, wired.plugins)
    rows = [
        {
            "setting": key,
            "value": each.show(getattr(resolved.settings, key)),
            "mode": resolved.modes[key] if each.told else "",
            "applies": profiles.applies(key, resolved.settings),
            "origin": resolved.origins[key],
        }
        for key, each in describe(Settings).items()
    ]
    if as_json:
        console.json_out(rows)
        return
    columns = ("Setting", "Value", "Mode", "Applies", "Set by")
    console.table(
        columns,
        [(*list(r.values())[:3], "yes" if r["applies"] else "no", r["origin"]) for r in rows],
    )


@app.command()
def settings(as_json: AsJson = False) -> None:
    """List every setting that a profile can hold, with its meaning."""
    rows = [
        {
            "setting": key,
            "default": each.show(each.default),
            "choices": list(each.choices),
            "unit": each.unit,
            "when": each.when,
            "help": each.help,
        }
        for key, each in describe(Settings).items()
    ]
    if as_json:
        console.json_out(rows)
        return
    shown = [(r["setting"], r["default"], " ".join(r["choices"]), _help(r)) for r in rows]
    console.table(("Setting", "Default", "Choices", "Meaning"), shown)


@app.command()
def create(ctx: typer.Context, name: Name, pairs: Pairs = None) -> None:
    """Make a profile."""
    wired = app_of(ctx)
    texts = read_pairs(pairs or [])
    profiles.create(wired.store, wired.plugins, name, texts, actor=wired.actor, now=wired.now())
    console.say(f"Profile {name} is made.")


@app.command()
def edit(ctx: typer.Context, name: Name, pairs: Pairs = None) -> None:
    """Change settings, for example: edit default pbx_host=pbx.example.org srtp_mode=mandatory."""
    texts = read_pairs(pairs or [])
    if not texts:
        raise InvalidInput("Nothing to change.", hint="Give SETTING=VALUE arguments.")
    wired = app_of(ctx)
    profiles.edit(wired.store, wired.plugins, name, texts, actor=wired.actor, now=wired.now())
    console.say(f"Profile {name} is changed; clients get it at their next download or refresh.")


@app.command()
def validate(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Check a profile: settings, host names, and what its gateway says to it; exit 1 on failure."""
    wired = app_of(ctx)
    findings.show(diagnostics.examine(wired.store, wired.plugins, name), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, name: Name) -> None:
    """Delete a profile that no user holds."""
    wired = app_of(ctx)
    profiles.delete(wired.store, name, actor=wired.actor, now=wired.now())
    console.say(f"Profile {name} is deleted.")


def _line(profile: Any, count: int, plugins: Any) -> dict[str, Any]:
    found = profiles.resolve_for(profile, None, plugins).settings
    return {
        "name": profile.name,
        "pbx_type": profile.pbx_type,
        "call_mode": found.call_mode,
        "use_softphone": found.use_softphone,
        "use_teleworker": found.use_teleworker,
        "users": count,
        "missing": profiles.missing(profile, plugins),
    }


def _help(row: dict[str, Any]) -> str:
    return f"{row['help']} ({row['when']})" if row["when"] else row["help"]
