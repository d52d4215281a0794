"""A real baresip without sound: give it its files, see which accounts it reads and registers."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.lab.dns import run_dns
from tests.lab.processes import Process, private_folder
from tests.lab.programs import need

# Its own name server: it reads no hosts file. No module for its console, which is not there.
_CONFIG = """poll_method poll
sip_listen 127.0.0.1:0
dns_server 127.0.0.1:{dns}
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module opus.so
module_tmp account.so
module_app menu.so
module_app debug_cmd.so
"""
_STATES = re.compile(r"^\{\"sip:.*\}$", re.MULTILINE)
_REGISTERED = re.compile(r"^(\S+)@\S+: \{.*\} 200 OK", re.MULTILINE)


@frozen
class Running:
    """A baresip that was started; its log holds no password."""

    process: Process

    def wait_until_ready(self) -> None:
        """Wait until it has read its files."""
        self.process.wait_until(lambda: _STATES.search(self.log()), "baresip: its accounts")

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Return what it says of its accounts, by SIP address."""
        self.wait_until_ready()
        return dict(json.loads(_STATES.findall(self.log())[0]))

    def wait_for_registrations(self, count: int, *, timeout: float = 15) -> set[str]:
        """Return the users that are registered, once these are *count*."""

        def enough() -> set[str] | None:
            found = set(_REGISTERED.findall(self.log()))
            return found if len(found) >= count else None

        return self.process.wait_until(enough, f"{count} registrations", timeout=timeout)

    def log(self) -> str:
        """Return what it printed."""
        return self.process.log.read_text(errors="replace")


@frozen
class Baresip:
    """A HOME with ``.baresip`` in it, whose ``config`` keeps baresip silent and on loopback."""

    home: Path
    processes: list[Process]

    @property
    def folder(self) -> Path:
        """The folder of its files."""
        return self.home / ".baresip"

    def start(self, *command: str, **env: str) -> Running:
        """Start it, or a script that ends in it."""
        program = need("baresip")
        process = Process(
            [*(command or (program, "-f", str(self.folder))), "-e", "/apistate"],
            log=self.home / f"log-{len(self.processes)}.txt",
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8"} | env,
            cwd=self.home,
        )
        self.processes.append(process)
        return Running(process)


@pytest.fixture
def make_baresip() -> Iterator[Callable[[], Baresip]]:
    """Make baresips, each with a HOME of its own: `make_baresip().start()`."""
    numbers = itertools.count(1)
    processes: list[Process] = []
    with (
        private_folder("baresip") as folder,
        run_dns({("localhost", "A"): ["127.0.0.1"]}) as resolver,
    ):

        def make() -> Baresip:
            made = Baresip(folder / f"home-{next(numbers)}", processes)
            made.folder.mkdir(parents=True)
            (made.folder / "config").write_text(_CONFIG.format(dns=resolver.port))
            return made

        yield make
        for process in processes:
            process.stop()
