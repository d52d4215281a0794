"""``offhook plugins``: what is installed, what is missing, what a plugin's connections need."""

from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.doors import PluginDescription, Plugins
from offhook.model.described import describe

app = typer.Typer(
    add_completion=False, help="List installed plugins and what is missing.", no_args_is_help=True
)
WAYS = {
    "read": "read from it",
    "set": "made here and brought to it (offhook users set-passwords)",
    "file": "from an operator's file (offhook users import-passwords)",
    "hand": "typed in by hand (offhook users edit)",
}
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List installed plugins, those that could not be loaded, and what none of them can do."""
    plugins: Plugins = app_of(ctx).plugins
    names = sorted({*plugins.names(), *plugins.broken, *plugins.disabled})
    found = [plugins.describe(name) for name in names]
    if as_json:
        console.json_out({"plugins": found, "lacking": _lacking(plugins)})
        return
    rows = [(each.name, each.version, _state(each), _brings(each)) for each in found]
    console.table(("Name", "Version", "State", "Brings"), rows)
    for line in _lacking(plugins):
        console.say(line)


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The plugin's name.")],
    as_json: AsJson = False,
) -> None:
    """Show a plugin: its hooks, the options of its connections, what it takes for granted."""
    plugins: Plugins = app_of(ctx).plugins
    found = plugins.describe(name)
    options = _options(plugins, name)
    facts = _facts(plugins, name)
    pbx_type = plugins.pbx_type_of(name)
    if as_json:
        rest = {"assumptions": facts, "credentials": pbx_type.credentials if pbx_type else ()}
        console.json_out({"plugin": found, "options": options} | rest)
        return
    console.say(f"{found.name} {found.version}: {found.summary or _brings(found)}")
    console.say(f"State: {_state(found)}. Hooks: {', '.join(found.hooks) or 'none'}.")
    if pbx_type:
        ways = ", or ".join(WAYS[way] for way in pbx_type.credentials)
        console.say(f"SIP passwords of its users: {ways}.")
    rows = [tuple(each.values()) for each in options]
    if rows:
        console.table(("Option", "Default", "Choices", "Meaning"), rows)
    if facts:
        console.say("What it takes for granted; a connection overrides it in its option facts:")
        taken = [(f["name"], " | ".join(f["values"]), f["known"], f["help"]) for f in facts]
        console.table(("Name", "Value", "Known", "Meaning"), taken)


def _options(plugins: Plugins, name: str) -> list[dict[str, Any]]:
    if not plugins.implements(name, "options_class"):
        return []
    return [
        {
            "option": each.name,
            "default": "(required)" if each.required else each.show(each.default),
            "choices": " ".join(each.choices),
            "help": each.help,
        }
        for each in describe(plugins.options_class(name)).values()
    ]


def _facts(plugins: Plugins, name: str) -> list[dict[str, Any]]:
    if name not in plugins.names():
        return []
    return [
        {"name": key, "values": fact.values, "known": fact.status, "help": fact.note}
        for key, fact in plugins.assumptions(name).items()
    ]


def _state(found: PluginDescription) -> str:
    if found.disabled:
        return "disabled in the settings"
    if found.broken:
        return f"cannot be loaded: {found.broken}"
    return f"hanging: {found.hanging}" if found.hanging else "ready"


def _brings(found: PluginDescription) -> str:
    return ", ".join(found.announces) or found.summary


def _lacking(plugins: Plugins) -> list[str]:
    lines = []
    if not any(plugins.implements(name, "send") for name in plugins.names()):
        lines.append(
            "No plugin here sends mails: only deploy --local works. offhook-email-smtp adds SMTP."
        )
    if set(plugins.formats) <= {"offhook"}:
        lines.append(
            "No plugin here speaks to a client of today: only offhook's own format is served. "
            "offhook-linphone adds Linphone."
        )
    return lines
