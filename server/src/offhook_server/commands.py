"""The commands ``offhook serve`` and ``offhook worker``."""

import os
import signal
import sys
import threading
from typing import Annotated

import typer

from offhook import console, worker
from offhook.app import App
from offhook.cli import app_of
from offhook.provisioning import clientlogs, overview, routes
from offhook_server import admin, downloads, listening, logs, proxies, serving
from offhook_server.asking import Steps
from offhook_server.certificates import Certificates

WORKER = (sys.executable, "-m", "offhook", "worker", "--until-input-ends")

serve_app = typer.Typer(add_completion=False)
worker_app = typer.Typer(add_completion=False)


@serve_app.command()
def serve(
    ctx: typer.Context,
    worker: Annotated[bool, typer.Option(help="Run a worker beside the server.")] = True,
) -> None:
    """Serve downloads and the portal until Ctrl-C."""
    app: App = app_of(ctx)
    settings = app.settings
    certificates = Certificates(app)
    tls = certificates.open()
    listening.check_exposure(settings, tls=bool(tls))
    overview.check_ready(app.store)
    listeners = _listeners(app, tls=bool(tls))
    logs.configure()
    _say_where(app, listeners, "https" if tls else "http")
    serving.run(listeners, tls, WORKER if worker else (), certificates.follow, console.warn)


@worker_app.command()
def work(
    ctx: typer.Context,
    until_input_ends: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Send mails and do what is due, until Ctrl-C."""
    app: App = app_of(ctx)
    logs.configure()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if until_input_ends:
        threading.Thread(target=_stop_at_end_of_input, args=(stopping,), daemon=True).start()
    worker.work(app, stopping)


def steps_of(app: App) -> Steps:
    """Return what the downloads application is handed of *app*."""
    return Steps(
        redeem=app.redeem,
        refresh=app.refresh,
        page=app.page,
        enter_pin=app.enter_pin,
        why_no_log=lambda token: clientlogs.why_refused(
            app.store, app.plugins, token, now=app.now()
        ),
        keep_log=lambda token, body, agent: clientlogs.keep(
            app.store, app.plugins, token, body, agent=agent, now=app.now()
        ),
        public_keys=lambda: routes.public_keys(app.store, app.plugins),
        formats=app.plugins.formats,
    )


def _listeners(app: App, *, tls: bool) -> list[serving.Listener]:
    steps = steps_of(app)
    wanted = {
        "downloads_listen": downloads.create(steps),
        "admin_listen": admin.create(app),
    }
    return [
        serving.Listener(
            proxies.behind(each, app.settings.trusted_proxies, tls=tls),
            listening.open_port(getattr(app.settings, name), name),
        )
        for name, each in wanted.items()
    ]


def _stop_at_end_of_input(stopping: threading.Event) -> None:
    """Stop when the server that holds the other end of our input is gone."""
    while os.read(sys.stdin.fileno(), 4096):  # unbuffered: a lock would survive our end
        pass
    stopping.set()


def _say_where(app: App, listeners: list[serving.Listener], scheme: str) -> None:
    for name, each in zip(("Downloads", "Portal"), listeners, strict=True):
        host, port = each.socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        console.say(f"{name + ':':10} {scheme}://{shown}:{port}")
    if scheme == "http" and not app.settings.trusted_proxies:
        console.warn(
            "Without a certificate no client gets through: offhook certs install; or set "
            "certificate and private_key in offhook.toml; or trusted_proxies, if a proxy in front "
            "does TLS."
        )
    console.say(f"Clients call this server {app.settings.public_url}. Ctrl-C ends it.")
