"""A redirect service of its own for a journey, in a process of its own, with a mail server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.exim import Exim
from tests.lab.pki import Pki
from tests.lab.processes import Process, free_port, listens

_OFFHOOK = str(Path(sys.executable).with_name("offhook"))


class RedirectService:
    """A data folder, the commands of an operator, and the service, which may be down."""

    def __init__(self, home: Path, pki: Pki, exim: Exim) -> None:
        self.home, self.port = home, free_port()
        self.url = f"https://localhost:{self.port}"
        self.process: Process | None = None
        settings = {
            "public_url": self.url,
            "listen": f"127.0.0.1:{self.port}",
            "certificate": pki.leaf.chain,
            "private_key": pki.leaf.key,
            "ca_file": pki.root,
            "smtp_host": exim.host,
            "smtp_port": exim.port,
            "smtp_user": exim.username,
            "smtp_password": exim.password,
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

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        if self.process:
            self.process.stop()
            self.process = None

    def kept(self) -> bytes:
        """Return all that it has written: database and log."""
        return b"".join(path.read_bytes() for path in self.home.iterdir() if path.is_file())


@contextmanager
def make_service(folder: Path, pki: Pki, exim: Exim) -> Iterator[RedirectService]:
    """Run a redirect service whose mails go out through *exim*."""
    folder.mkdir()
    made = RedirectService(folder, pki, exim)
    made.start()
    try:
        yield made
    finally:
        made.stop()
