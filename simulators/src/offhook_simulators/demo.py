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
from threading import Event, Thread
from typing import Annotated

import typer
from attrs import frozen

from offhook import console, worker
from offhook.app import App
from offhook.errors import InvalidInput, OffhookError
from offhook.model.users import Selection
from offhook.provisioning import codes, connections, csvfile, profiles
from offhook_simulators.authorities import DemoCertificate, make_certificate
from offhook_simulators.clients import fetch
from offhook_simulators.mails import PASSWORD, USERNAME, MailCatcher
from offhook_simulators.pbxs import Pbxs, import_users, run_pbxs

app = typer.Typer(add_completion=False)
MARK = "this-is-an-offhook-demo"
SHOWN = "7328"
PATIENCE = 60.0
GLANCE = 0.2


@frozen(kw_only=True)
class Stage:
    """Where the demo runs: its folder, its addresses and its certificate."""

    folder: Path
    host: str
    downloads_port: int
    admin_port: int
    mail_port: int
    pbx_port: int
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
    stage = _set_the_stage(folder.resolve(), host, cert, key)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    catcher = MailCatcher(stage.folder / "mails", stage.mail_port, stage.certificate)
    with run_pbxs(stage.folder, stage.pbx_port, stage.certificate.authority) as pbxs:
        _run(stage, catcher, pbxs)


def _run(stage: Stage, catcher: MailCatcher, pbxs: Pbxs) -> None:
    """Do it all, and stay until Ctrl-C."""
    wired, password = _install(stage)
    ending = Event()
    working = Thread(target=worker.work, args=(wired, ending))
    server: subprocess.Popen[bytes] | None = None
    catcher.start()
    try:
        server = _start_server(stage)
        working.start()
        _prepare(wired, stage)
        for line in import_users(wired, pbxs):
            console.say(line)
        _deploy_everyone(wired, stage, catcher)
        _wait_for_port(stage.downloads_port, server)
        _show(wired, stage, catcher, password)
        while server.poll() is None:  # not wait(): a Ctrl-C just before it would be lost in it
            time.sleep(GLANCE)
        raise OffhookError("The server ended by itself.", hint="What it said stands above.")
    except KeyboardInterrupt:
        console.say("\nThe demo is over.")
    finally:
        ending.set()
        _stop(server)
        if working.is_alive():
            working.join()
        catcher.stop()


def _set_the_stage(folder: Path, host: str, cert: Path | None, key: Path | None) -> Stage:
    """Empty the folder (only a demo's) and choose addresses; the authority is kept."""
    if bool(cert) != bool(key) or (cert and host == "localhost"):
        raise InvalidInput("--cert, --key and --host belong together.", hint="Give all three.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise InvalidInput(f"{folder} is no demo's folder, and it is not empty.")
    shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.rmtree(folder / "mails", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    certificate = make_certificate(folder / "certificates", ["localhost", "127.0.0.1"])
    if cert and key:
        certificate = DemoCertificate(certificate.authority, cert.resolve(), key.resolve())
    downloads, admin, mail, pbx = (_free_port(port) for port in (8443, 8444, 8025, 8446))
    return Stage(
        folder=folder,
        host=host,
        downloads_port=downloads,
        admin_port=admin,
        mail_port=mail,
        pbx_port=pbx,
        certificate=certificate,
    )


def _free_port(wanted: int) -> int:
    """Return *wanted*, or another port where somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _install(stage: Stage) -> tuple[App, str]:
    everywhere = "0.0.0.0"  # noqa: S104  a phone on the network must reach it: --host says so
    address = "127.0.0.1" if stage.host == "localhost" else everywhere
    os.environ["OFFHOOK_HOME"] = str(stage.folder / "data")
    made = App.initialize(
        {
            "public_url": stage.public_url,
            "admin_url": f"https://localhost:{stage.admin_port}",
            "downloads_listen": f"{address}:{stage.downloads_port}",
            "admin_listen": f"127.0.0.1:{stage.admin_port}",
            "certificate": str(stage.certificate.chain),
            "private_key": str(stage.certificate.key),
        }
    )
    return App.load(), made.password.reveal() if made.password else ""


def _start_server(stage: Stage) -> subprocess.Popen[bytes]:
    log = (stage.folder / "server.log").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "offhook", "serve", "--no-worker"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours: the server is stopped after the demo
        )


def _prepare(wired: App, stage: Stage) -> None:
    """Connect the mail catcher, import the sample file."""
    now, actor = wired.now(), wired.actor
    options = {
        "host": "localhost",
        "port": str(stage.mail_port),
        "username": USERNAME,
        "password": PASSWORD,
        "ca_file": str(stage.certificate.authority),
        "sender": "offhook demo <demo@example.test>",
    }
    connections.add(wired.store, wired.plugins, "mail", "email_smtp", options, actor=actor, now=now)
    texts = {"pbx_host": "pbx.example.test"}
    profiles.edit(wired.store, wired.plugins, "default", texts, actor=actor, now=now)
    with as_file(files("offhook_simulators") / "people.csv") as people:
        csvfile.import_csv(wired.store, wired.plugins, people, actor=actor, now=now)


def _deploy_everyone(wired: App, stage: Stage, catcher: MailCatcher) -> None:
    total = wired.deploy(Selection()).total
    ends = time.monotonic() + PATIENCE
    with console.progress("Mails", total) as advance:
        while catcher.count < total:
            if time.monotonic() > ends:
                log = stage.folder / "server.log"
                raise OffhookError("The mails did not arrive.", hint=f"See {log}")
            advance(catcher.count)
            time.sleep(0.05)


def _wait_for_port(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)


def _show(wired: App, stage: Stage, catcher: MailCatcher, password: str) -> None:
    links = wired.links_of(SHOWN)
    address = links.config_url.reveal()
    console.plain(codes.as_text(address))
    rows = [
        ("Portal", f"https://localhost:{stage.admin_port}  (admin, one-time password {password})"),
        (f"Page of {links.user.name}", links.page_url.reveal()),
        ("Code above", address),
        ("Caught mails", f"{catcher.count} in {catcher.folder}"),
        ("Data", f"OFFHOOK_HOME={wired.settings.home}"),
    ]
    console.table(("Where", "What"), rows)
    if stage.host == "localhost":
        _check(address, stage)
    console.say("Ctrl-C ends the demo.")


def _check(address: str, stage: Stage) -> None:
    """No phone trusts the demo's authority: the check client does what a phone would."""
    account = fetch(address, stage.certificate.authority).document["accounts"][0]
    console.say(
        f"The check client fetched it, as a phone would: account {account['username']}@"
        f"{account['host']}:{account['port']} over {account['transport']}, password masked."
    )
    console.say("A phone on your network can scan with: --cert FILE --key FILE --host NAME")


def _stop(server: subprocess.Popen[bytes] | None) -> None:
    if not server:
        return
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
