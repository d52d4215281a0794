"""The command ``offhook redirect``: runs the redirect service, and says who may use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Annotated

import typer

from offhook import console
from offhook.errors import InvalidInput, Problem
from offhook_redirector.settings import RedirectSettings, load
from offhook_redirector.signing import read_key
from offhook_redirector.store import Store

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Run a redirect service, say who may use it."
)
servers = typer.Typer(no_args_is_help=True, help="Say which deployment servers may use it.")
app.add_typer(servers, name="servers")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def serve(
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="For tests only: try hosts on this machine, too."),
    ] = False,
) -> None:
    """Serve clients and deployment servers until Ctrl-C."""
    settings = load()
    with _opened(settings) as store:
        # Imported when it is called: that takes longer than all that the other commands do.
        import_module("offhook_redirector.running").serve(settings, store, allow_loopback)


@servers.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    public_key: Annotated[str, typer.Argument(help="Its public key, as it shows it.")],
) -> None:
    """Let a deployment server use this service."""
    _check(name, public_key)
    with _opened(load()) as store:
        store.add_server(name, public_key, now=datetime.now(UTC))
    console.say(f"The server {name} may use this service now.")


@servers.command("list")
def list_servers(as_json: Json = False) -> None:
    """List the deployment servers that may use this service."""
    with _opened(load()) as store:
        found = store.servers(now=datetime.now(UTC))
    if as_json:
        console.json_out(found)
        return
    rows = [(each.name, each.key, each.added_at, each.routes) for each in found]
    console.table(("name", "public key", "added", "routes"), rows, empty="No server yet.")


@servers.command("remove")
def remove(name: Annotated[str, typer.Argument(help="What you call it.")]) -> None:
    """Shut a deployment server out: its routes lead nowhere from now on."""
    with _opened(load()) as store:
        store.remove_server(name)
    console.say(f"The server {name} may not use this service any more; its routes are gone.")


@contextmanager
def _opened(settings: RedirectSettings) -> Iterator[Store]:
    """Yield the store of this installation, made where there is none yet."""
    if not settings.database:
        settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    try:
        store.prepare()
        yield store
    finally:
        store.close()


def _check(name: str, public_key: str) -> None:
    problems = []
    if not name.isprintable() or not 0 < len(name.strip()) <= 100:
        problems.append(Problem("name", name, "use up to 100 characters that can be seen"))
    try:
        read_key(public_key)
    except ValueError:
        reason = "use the 44 characters that the deployment server shows"
        problems.append(Problem("public key", public_key, reason))
    if problems:
        raise InvalidInput("The server cannot be added:", problems)
