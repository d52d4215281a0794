"""The command line: a root that loads a command's module only when it is called."""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from offhook.errors import OffhookError

GROUP = "offhook.commands"
COMMANDS = {
    "init": "Make the data folder: settings, keys, database, first administrator.",
    "migrate": "Bring the database to this version.",
    "users": "List, import, add, change, export and delete users.",
    "profiles": "Show and change deployment profiles.",
    "connections": "Connect PBXs, gateways and mail servers.",
    "deploy": "Send users their link and code.",
    "campaigns": "Follow deployments, and resend what is uncertain.",
    "qr": "Show a user's code in the terminal or as a file.",
    "explain": "Say why a phone is not provisioned.",
    "email": "Show, edit and try the deployment mail.",
    "events": "List what an administrator should know.",
    "plugins": "List installed plugins and what is missing.",
    "keys": "Rotate the keys that encrypt passwords.",
}


class LazyGroup(TyperGroup):
    """Knows every command's name and help line; imports a command when it is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._plugged = {each.name: each for each in entry_points(group=GROUP)}
        for name, line in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=line)
        for name, entry in sorted(self._plugged.items()):
            self.commands[name] = TyperCommand(name, help=_summary(entry))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, with suggestions for a misspelt one, and load it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self._load(name) if name and command else command, rest

    def _load(self, name: str) -> Any:
        if name in COMMANDS:
            app = import_module(f"offhook.cli.{name}").app
        else:
            app = self._plugged[name].load()
        return typer.main.get_command(app)


def _summary(entry: EntryPoint) -> str:
    return str(entry.dist.metadata["Summary"]) if entry.dist else ""


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"offhook {version('offhook')}\n")
        raise typer.Exit


root = typer.Typer(
    cls=LazyGroup,
    help="Deploys softphone clients over the air, for any PBX.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@root.callback()
def prepare(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Deploy softphone clients over the air, for any PBX."""
    ctx.obj = _load_app


def _load_app() -> Any:
    return import_module("offhook.app").App.load()


def app_of(ctx: typer.Context) -> Any:
    """Return the application, wired when it is first asked for."""
    if callable(ctx.obj):
        ctx.find_root().obj = ctx.obj = ctx.obj()
    return ctx.obj


def main() -> None:
    """Run the command line; an explained error is a sentence and exit 1."""
    run(root)


def run(app: Callable[[], Any]) -> None:
    """Run a Typer application with our handling of errors."""
    try:
        app()
    except OffhookError as error:
        import_module("offhook.console").fail(str(error), error.hint)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
