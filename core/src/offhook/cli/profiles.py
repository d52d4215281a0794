"""``offhook profiles``: deployment profiles and who set what."""

from importlib import import_module
from typing import Annotated, Any

import typer
from attrs import asdict

from offhook import console
from offhook.cli import app_of, findings, profilefiles
from offhook.cli.arguments import read_pairs
from offhook.cli.offers import confirm_taken_away, offer_force, say_how_read
from offhook.diagnostics import profiles as diagnostics
from offhook.errors import InvalidInput, UnknownName
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import overview, profileforms, profiles, resolving, users

app = typer.Typer(
    add_completion=False, help="Show and change deployment profiles.", no_args_is_help=True
)
app.command("export")(profilefiles.export)
app.command("import")(profilefiles.import_)
app.command("preview")(profilefiles.preview)
app.command("diff")(profilefiles.diff)
Name = Annotated[str, typer.Argument(help="The profile's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SETTING=VALUE...",
        help="Settings (see: offhook profiles settings), SETTING.mode, pbx_type, transport and "
        "gateway; an empty value goes back to the default.",
    ),
]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the profiles."""
    wired = app_of(ctx)
    rows = [asdict(each) for each in overview.list_profiles(wired.store, wired.plugins)]
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
        user = None if profile else _user(tx, name)
        profile = profile or profiles.get(tx, user.profile if user else name)
    resolved = resolving.resolve_for(profile, user, wired.plugins)
    rows = [
        {
            "setting": key,
            "value": each.brief(getattr(resolved.settings, key)),
            "mode": resolved.modes[key] if each.told else "",
            "applies": resolving.applies(key, resolved.settings),
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
    rows: list[dict[str, Any]] = [
        {
            "setting": key,
            "label": each.label,
            "group": each.group,
            "type": each.kind,
            "default": each.show(each.default),
            "choices": list(each.choices),
            "unit": each.unit,
            "mode": each.mode if each.told else "",
            "system": each.system,
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
def create(ctx: typer.Context, name: Name, pairs: Pairs = None, yes: Yes = False) -> None:
    """Make a profile."""
    wired = app_of(ctx)
    texts = read_pairs(pairs or [])
    if not yes and "emergency_numbers" in texts:
        _ask_for_emergencies(wired, name, texts["emergency_numbers"])
    made = profiles.create(
        wired.store, wired.plugins, name, texts, actor=wired.actor, now=wired.now()
    )
    console.say(f"Profile {name} is made.")
    say_how_read(made, texts)
    _warn(wired, name)


@app.command()
def edit(
    ctx: typer.Context,
    name: Name,
    pairs: Pairs = None,
    yes: Yes = False,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="Then test it: offhook diagnose.")
    ] = False,
) -> None:
    """Change settings, for example: edit default pbx_host=pbx.example.org srtp_mode=mandatory."""
    texts = read_pairs(pairs or [])
    if not texts:
        raise InvalidInput("Nothing to change.", hint="Give SETTING=VALUE arguments.")
    wired = app_of(ctx)
    if not yes and "emergency_numbers" in texts:
        _ask_for_emergencies(wired, name, texts["emergency_numbers"])
    changed = profiles.edit(
        wired.store, wired.plugins, name, texts, actor=wired.actor, now=wired.now()
    )
    console.say(f"Profile {name} is changed; clients get it at their next download or refresh.")
    say_how_read(changed, texts)
    offer_force(wired, name)
    if diagnose:
        module = import_module("offhook.cli.diagnose")  # few want what it brings along
        module.show(module.make(wired, name), as_json=False)
        return
    _warn(wired, name)


@app.command()
def copy(
    ctx: typer.Context,
    name: Name,
    new: Annotated[str, typer.Argument(help="The name of the copy.")],
) -> None:
    """Make another profile that says the same."""
    wired = app_of(ctx)
    profiles.copy(wired.store, name, new, actor=wired.actor, now=wired.now())
    console.say(f"Profile {new} is made, as {name} is.")


@app.command()
def validate(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Check a profile: settings, host names, and what its gateway says to it; exit 1 on failure."""
    wired = app_of(ctx)
    found = diagnostics.examine(wired.store, wired.plugins, name, now=wired.now())
    findings.show(found, as_json=as_json)


@app.command()
def delete(ctx: typer.Context, name: Name) -> None:
    """Delete a profile that no user holds."""
    wired = app_of(ctx)
    profiles.delete(wired.store, name, actor=wired.actor, now=wired.now())
    console.say(f"Profile {name} is deleted.")


def _user(tx: Any, name: str) -> User:
    try:
        return users.find(tx, name)
    except UnknownName as error:
        known = [each.name for each in tx.profiles.all()] + tx.users.numbers_like(name[:2])
        raise UnknownName("profile or user", name, known) from error


def _warn(wired: Any, name: str) -> None:
    """Say what is to be known of a profile that was saved."""
    for each in diagnostics.lint(wired.store, wired.plugins, name, now=wired.now()):
        if each.level in ("warning", "failure"):
            console.warn("\n  ".join(filter(None, (each.summary, each.action))))


def _ask_for_emergencies(wired: Any, name: str, text: str) -> None:
    """Ask before a number is taken away that some region dials in an emergency."""
    with wired.store.read() as tx:
        profile = tx.profiles.named(name) or Profile(id="", name=name)
    confirm_taken_away(profileforms.taken_away(profile, wired.plugins, text))


def _help(row: dict[str, Any]) -> str:
    return f"{row['help']} ({row['when']})" if row["when"] else row["help"]
