"""The command ``offhook redirect``: runs the redirect service, and says who may use it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from offhook import console
from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem, SettingsError
from offhook.settings import ProcessSettings
from offhook_redirector import serving
from offhook_redirector.settings import RedirectSettings, load
from offhook_redirector.signing import read_key
from offhook_redirector.store import Store
from offhook_server import listening, logs, proxies
from offhook_server.serving import Listener, run

app = typer.Typer(no_args_is_help=True, help="Run the redirect service.")
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
    settings.check_exposure()
    tls = listening.open_certificate(
        ProcessSettings(certificate=settings.certificate, private_key=settings.private_key)
    )
    store = _open_store(settings)
    application = serving.create(
        store,
        settings,
        Plugins.installed().formats,
        ca=_read_authorities(settings.ca_file),
        allow_loopback=allow_loopback,
    )
    guarded = proxies.behind(application, settings.trusted_proxies, tls=bool(tls))
    socket = listening.open_port(settings.listen, "listen")
    logs.configure()
    _say_where(settings, allow_loopback=allow_loopback, tls=bool(tls))
    run([Listener(guarded, socket)], tls, (), console.warn)
    store.close()


@servers.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    public_key: Annotated[str, typer.Argument(help="Its public key, as it shows it.")],
) -> None:
    """Let a deployment server use this service."""
    _check(name, public_key)
    _open_store(load()).add_server(name, public_key, now=datetime.now(UTC))
    console.say(f"The server {name} may use this service now.")


@servers.command("list")
def list_servers(as_json: Json = False) -> None:
    """List the deployment servers that may use this service."""
    found = _open_store(load()).servers(now=datetime.now(UTC))
    if as_json:
        console.json_out(found)
        return
    rows = [(each.name, each.key, each.added_at, each.routes) for each in found]
    console.table(("name", "public key", "added", "routes"), rows, empty="No server yet.")


@servers.command("remove")
def remove(name: Annotated[str, typer.Argument(help="What you call it.")]) -> None:
    """Shut a deployment server out: its routes lead nowhere from now on."""
    _open_store(load()).remove_server(name)
    console.say(f"The server {name} may not use this service any more; its routes are gone.")


def _open_store(settings: RedirectSettings) -> Store:
    if not settings.database:
        settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    store.prepare()
    return store


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


def _read_authorities(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} (ca_file) cannot be read: {error}.",
            hint="Set ca_file to a file with certificates in PEM format.",
        ) from error


def _say_where(settings: RedirectSettings, *, allow_loopback: bool, tls: bool) -> None:
    scheme = "https" if tls else "http"
    console.say(f"Redirect service: {scheme}://{settings.listen}")
    if allow_loopback:
        console.warn(
            "--allow-loopback is for tests only: servers can try hosts on this very machine."
        )
    if not tls and not settings.trusted_proxies:
        console.warn("Without a certificate no client gets through: set certificate, private_key.")
    console.say(f"Clients and servers call it {settings.public_url}. Ctrl-C ends it.")
