"""``offhook demo``: the whole journey on one machine, with a mail catcher and a check client."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer
from attrs import frozen

from offhook import console
from offhook.app import App
from offhook.errors import InvalidInput, OffhookError
from offhook.provisioning import codes, connections, csvfile, profiles
from offhook_simulators.authorities import DemoCertificate, make_certificate
from offhook_simulators.clients import fetch
from offhook_simulators.mails import PASSWORD, USERNAME, MailCatcher

app = typer.Typer(add_completion=False)
MARK = "this-is-an-offhook-demo"
SHOWN = "7328"
PATIENCE = 60.0


@frozen(kw_only=True)
class Stage:
    """Where the demo runs: its folder, its addresses and its certificate."""

    folder: Path
    host: str
    downloads_port: int
    admin_port: int
    mail_port: int
    certificate: DemoCertificate

    @property
    def public_url(self) -> str:
        """What clients call the server."""
        return f"https://{self.host}:{self.downloads_port}"


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Made anew at every start.")] = Path(".demo"),
    cert: Annotated[
        Path | None, typer.Option(help="PEM file: certificate and chain that phones trust.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file: its private key.")] = None,
    host: Annotated[
        str, typer.Option(help="The name in the certificate, as phones reach this machine.")
    ] = "localhost",
) -> None:
    """Import users, mail everyone a link, serve the downloads; Ctrl-C ends it."""
    if bool(cert) != bool(key) or (cert and host == "localhost"):
        raise InvalidInput("--cert, --key and --host belong together.", hint="Give all three.")
    stage = _set_the_stage(folder.resolve(), host, cert, key)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    catcher = MailCatcher(stage.folder / "mails", stage.mail_port, stage.certificate)
    catcher.start()
    server: subprocess.Popen[bytes] | None = None
    try:
        wired, password = _install(stage)
        server = _start_server(stage)
        _deploy_everyone(wired, stage, catcher)
        _wait_for_port(stage.downloads_port, server)
        _show(wired, stage, catcher, password)
        server.wait()
        raise OffhookError("The server ended by itself.", hint="What it said stands above.")
    except KeyboardInterrupt:
        console.say("\nThe demo is over.")
    finally:
        _stop(server)
        catcher.stop()
