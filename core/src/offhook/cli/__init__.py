"""The command line: a root that loads a command's module only when it is called."""

import errno
import os
import sys
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from offhook import __version__
from offhook.errors import OffhookError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "offhook.commands"
COMMANDS = {
    "init": "Make the data folder: settings, keys, database, first administrator.",
    "setup": "List what setting up takes: done, open or failing.",
    "migrate": "Bring the database to this version.",
    "users": "List, import, add, change, export and delete users.",
    "roles": "Say which profile the roles of a PBX get.",
    "profiles": "Show and change deployment profiles.",
    "settings": "Set what holds for the whole site.",
    "connections": "Connect PBXs, gateways and mail servers.",
    "deploy": "Send users their link and code.",
    "force": "Let clients fetch even what has not changed.",
    "auto-deploy": "Force clients that are there, deploy the others.",
    "campaigns": "Follow deployments, and resend what is uncertain.",
    "devices": "List the clients that downloaded and their logs, and revoke lost ones.",
    "qr": "Show a user's code in the terminal or as a file.",
    "managed-config": "Give users a link for an MDM, which hands it to their clients.",
    "explain": "Say why a phone is not provisioned.",
    "topology": "Plan and check how server, gateways and firewall stand to one another.",
    "diagnose": "Test whether phones reach what they need, and say where it fails.",
    "email": "Show, edit and try the deployment mail.",
    "events": "List what an administrator should know.",
    "plugins": "List installed plugins and what is missing.",
    "keys": "Rotate the keys that encrypt passwords.",
    "certs": "Ask for certificates, try them as phones do, install them.",
}
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
ELSEWHERE = {
    "serve": ("offhook-server", "Serve downloads and the portal, and send mails, until Ctrl-C."),
    "worker": ("offhook-server", "Send mails and do what is due, until Ctrl-C."),
    "redirect": ("offhook-redirector", "Run a redirect service, and say who may use it."),
    "demo": ("offhook-simulators", "Show the whole journey on this machine, until Ctrl-C."),
}


class LazyGroup(TyperGroup):
    """Knows every command's name and help line; imports a command when it is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, line in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=line)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands: ours, and those of other distributions."""
        return list(dict.fromkeys([*super().list_commands(ctx), *self._plugged]))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, with suggestions for a misspelt one, and load it."""
        if args[0] not in COMMANDS and args[0] not in self._plugged and args[0] in ELSEWHERE:
            ctx.fail(f"{args[0]!r} comes with {ELSEWHERE[args[0]][0]}, which is not installed.")
        name, command, rest = super().resolve_command(ctx, args)
        return name, self._load(name) if name and command else command, rest

    @cached_property
    def _plugged(self) -> "dict[str, EntryPoint]":
        """Commands of other distributions, looked for only when needed: that takes its time."""
        entry_points = import_module("importlib.metadata").entry_points
        found = {each.name: each for each in sorted(entry_points(group=GROUP))}
        for name, entry in found.items():
            self.commands[name] = TyperCommand(name, help=_line(name, entry))
        return found

    def _load(self, name: str) -> Any:
        if name in COMMANDS:
            app = import_module(f"offhook.cli.{name.replace('-', '')}").app
        else:
            app = self._plugged[name].load()
        return typer.main.get_command(app)


def _line(name: str, entry: "EntryPoint") -> str:
    """Return the help line of a plugged command; others than ours have their summary."""
    if name in ELSEWHERE:
        return ELSEWHERE[name][1]
    return str(entry.dist.metadata["Summary"]) if entry.dist else ""


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"offhook {__version__}\n")
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
        try:
            app()
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except OffhookError as error:
        _fail(str(error), error.hint)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        _drop_output()
        _fail(f"Nothing more can be written: {error.strerror}.", "Make room, and try again.")
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str, hint: str) -> None:
    import_module("offhook.console").fail(message, hint)
    sys.exit(1)


def _drop_output() -> None:
    """Let what is still buffered go nowhere, so that Python does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
