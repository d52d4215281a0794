"""The two PBXs of the demo: an MX-ONE that runs beside it, a MiVoice Business that left a file."""

import csv
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from offhook.app import App
from offhook.errors import OffhookError
from offhook.model.users import Selection
from offhook.provisioning import connections, passwordfile, passwords, profiles, sources
from offhook.provisioning.syncreports import Wanted
from offhook_simulators.mx_one_data import ADMINISTRATOR, PASSWORD

USERS = 6
PATIENCE = 30.0
_SIMULATE = (sys.executable, "-m", "offhook_simulators.commands")


@frozen(kw_only=True)
class Pbxs:
    """Where they are: the MX-ONE's port and authority, the file of the other one."""

    port: int
    authority: Path
    export: Path
    processes: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def run_pbxs(folder: Path, port: int, authority: Path) -> Iterator[Pbxs]:
    """Start both, in processes of their own; end them with the block."""
    export = folder / "mivb-users.csv"
    commands = (
        ("mx-one", "--port", str(port), "--folder", str(authority.parent)),
        ("export", "mivb", str(export)),
    )
    started = tuple(
        subprocess.Popen(  # noqa: S603  a command of ours
            [*_SIMULATE, *command, "--users", str(USERS)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the demo's
        )
        for command in commands
    )
    try:
        yield Pbxs(port=port, authority=authority, export=export, processes=started)
    finally:
        for process in started:
            process.terminate()
            process.wait(PATIENCE)


def import_users(wired: App, pbxs: Pbxs) -> list[str]:
    """Connect both, import their users with a password each; returns what happened, in words."""
    _wait(pbxs)
    _connect(
        *(wired, "mx", "mx_one"),
        {
            "host": "localhost",
            "port": str(pbxs.port),
            "ca_file": str(pbxs.authority),
            "username": ADMINISTRATOR,
            "password": PASSWORD,
            "sip_host": "mx.example.test",
        },
    )
    _connect(*(wired, "hq", "mivb"), {"file": str(pbxs.export), "sip_host": "mivb.example.test"})
    added = {name: _import(wired, name) for name in ("mx", "hq")}
    set_ = passwords.provide(
        wired.store, wired.plugins, Selection(profile="mx"), actor=wired.actor, now=wired.now()
    )
    _bring_passwords(wired, pbxs.export.with_name("mivb-passwords.csv"))
    return [
        f"MX-ONE: {added['mx']} users read from its Provisioning Manager, {set_.set} passwords set",
        f"MiVoice Business: {added['hq']} users of {pbxs.export.name}, passwords from a file",
    ]


def _connect(wired: App, name: str, plugin: str, options: dict[str, str]) -> None:
    actor, now = wired.actor, wired.now()
    connections.add(wired.store, wired.plugins, name, plugin, options, actor=actor, now=now)
    texts = {"pbx_type": plugin, "client_format": "linphone"}
    profiles.create(wired.store, wired.plugins, name, texts, actor=actor, now=now)


def _import(wired: App, name: str) -> int:
    sources.read(wired.store, wired.plugins, name, now=wired.now())
    wanted = Wanted(sources=[name], adds="all", profile=name)
    return wired.sync(wanted, deploy=False).report.counts["added"]


def _bring_passwords(wired: App, path: Path) -> None:
    """Play the operator, who has a list of what the phones register with."""
    with wired.store.read() as tx:
        numbers = [user.number for user in tx.users.stream(Selection(profile="hq"))]
    with path.open("w", newline="") as file:
        rows = [(number, secrets.token_urlsafe(12)) for number in numbers]
        csv.writer(file).writerows([("Directory number", "PBX SIP password"), *rows])
    passwordfile.import_file(
        wired.store, wired.plugins, path, "hq", actor=wired.actor, now=wired.now()
    )


def _wait(pbxs: Pbxs) -> None:
    manager, export = pbxs.processes
    export.wait(PATIENCE)
    ends = time.monotonic() + PATIENCE
    while manager.poll() is None and time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", pbxs.port)) == 0:
                return
        time.sleep(0.02)
    raise OffhookError("The simulated MX-ONE did not start.")
