"""A redirect service of its own for a journey, in a process of its own, with a mail server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.journeys.installation import Installation
from tests.lab.pki import Pki
from tests.lab.processes import Process, free_port, listens

_OFFHOOK = str(Path(sys.executable).with_name("offhook"))


class MailServer(Protocol):
    """Where the service's mails go out."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


class RedirectService:
    """A data folder, the commands of an operator, and the service, which may be down."""

    def __init__(self, home: Path, pki: Pki, mail: MailServer, login: tuple[str, str]) -> None:
        self.home, self.port = home, free_port()
        self.url = f"https://localhost:{self.port}"
        self.process: Process | None = None
        settings = {
            "public_url": self.url,
            "listen": f"127.0.0.1:{self.port}",
            "certificate": pki.leaf.chain,
            "private_key": pki.leaf.key,
            "ca_file": pki.root,
            "smtp_host": mail.host,
            "smtp_port": mail.port,
            "smtp_user": login[0],
            "smtp_password": login[1],
            "smtp_ca_file": pki.root,
        }
        named = {f"OFFHOOK_REDIRECT_{name.upper()}": str(each) for name, each in settings.items()}
        self._env = {**os.environ, "OFFHOOK_HOME": str(home), **named}

    def run(self, *arguments: str) -> str:
        """Run a command of the operator; returns what it printed."""
        command = [_OFFHOOK, "redirect", *arguments]
        done = subprocess.run(
            command, env=self._env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start the service, and wait until it listens."""
        command = [_OFFHOOK, "redirect", "serve", "--allow-loopback"]
        self.process = Process(command, log=self.home / "log.txt", env=self._env)
        self.process.wait_until(lambda: listens(self.port), "the redirect service", timeout=30)

    def let_in(self, installation: Installation, *options: str) -> None:
        """Connect *installation* as "away", and add its key as the operator does."""
        options = (f"port={self.port}", f"ca_file={installation.authority}", *options)
        run = installation.run
        run(*("connections", "add", "away", "--plugin", "redirect", "host=localhost"), *options)
        key = run("connections", "authorize", "away").splitlines()[0].rpartition(" ")[2]
        assert "not known" in run("connections", "authorize", "away", "--approved", expect=1)
        self.run("servers", "add", "north", key)
        run("connections", "authorize", "away", "--approved")

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process:
            self.process.kill()
            self.process = None

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        if self.process:
            self.process.stop()
            self.process = None

    def kept(self) -> bytes:
        """Return all that it has written: database and log."""
        return b"".join(path.read_bytes() for path in self.home.iterdir() if path.is_file())


@contextmanager
def make_service(
    folder: Path, pki: Pki, mail: MailServer, *login: str
) -> Iterator[RedirectService]:
    """Run a redirect service whose mails go out through *mail*, logged in with *login*."""
    folder.mkdir()
    made = RedirectService(folder, pki, mail, (login[0], login[1]))
    made.start()
    try:
        yield made
    finally:
        made.stop()
