"""An installation of its own for a journey: the real command line, a real server and worker."""

import atexit
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.journeys import preloaded
from tests.lab.pki import Pki
from tests.lab.processes import Process, free_port, listens

_READ_AT_THE_START = {"PYTHONIOENCODING", "PYTHONUTF8", "LANG", "LC_ALL"}  # by Python itself
_OFFHOOK = str(Path(sys.executable).with_name("offhook"))


class Installation:
    """
    A data folder, and the commands and the server that work on it.

    ``run`` fails a test with what the command said, unless another exit status is expected; all
    that commands said is in ``said``. Every process has the variables of *env*, too.
    """

    def __init__(self, home: Path, pki: Pki, env: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.said: list[str] = []
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self._env = {
            **os.environ,
            "OFFHOOK_HOME": str(home),
            "OFFHOOK_PUBLIC_URL": self.url,
            "OFFHOOK_ADMIN_URL": f"https://localhost:{self.admin_port}",
            "OFFHOOK_DOWNLOADS_LISTEN": f"127.0.0.1:{self.port}",
            "OFFHOOK_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "OFFHOOK_CERTIFICATE": str(pki.leaf.chain),
            "OFFHOOK_PRIVATE_KEY": str(pki.leaf.key),
            "OFFHOOK_WORKER_HEARTBEAT": "1",
            **(env or {}),
        }
        self.authority = pki.root
        self.server: Process | None = None

    def run(self, *arguments: object, expect: int = 0, **env: object) -> str:
        """Run a command, perhaps with other variables; returns what it printed."""
        texts = [str(each) for each in arguments]
        variables = {name: str(value) for name, value in env.items()}
        if variables.keys() & _READ_AT_THE_START:
            return self._run([_OFFHOOK, *texts], expect, variables)
        return self._heard(preloaded.run(texts, self._env | variables), expect)

    def copy(self, other: "Installation") -> None:
        """Become what *other* is, and have said what it has."""
        shutil.copytree(other.home, self.home)
        self.said += other.said

    def shell(self, command: str, *, expect: int = 0) -> str:
        """Run a command line of the shell that begins with a command of ours."""
        return self._run(["/bin/sh", "-c", f"{_OFFHOOK} {command}"], expect, {})

    def _run(self, command: list[str], expect: int, env: Mapping[str, str]) -> str:
        done = subprocess.run(
            command,
            env={**self._env, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return self._heard(done, expect)

    def _heard(self, done: subprocess.CompletedProcess[str], expect: int) -> str:
        self.said.append(done.stdout + done.stderr)
        said = f"{' '.join(done.args)}: {done.stdout}{done.stderr}"
        assert done.returncode == expect, said
        assert "Traceback" not in done.stderr, said
        return done.stdout + (done.stderr if expect else "")

    def states(self) -> dict[str, str]:
        """Return the state shown for every user, by directory number."""
        found = self.json("users", "list", "--limit", 1000)
        return {each["number"]: each["state"] for each in found["users"]}

    def json(self, *arguments: object) -> Any:
        """Run a command with --json; returns what it printed, read."""
        return json.loads(self.run(*arguments, "--json"))

    def start(self, command: str, *arguments: str) -> Process:
        """Start a command that stays; what it says goes to a log of that name."""
        log = self.home.parent / f"{command}.log"
        return Process([_OFFHOOK, command, *arguments], log=log, env=self._env)

    def serve(self) -> None:
        """Start the server with its worker, and wait until it listens."""
        self.server = self.start("serve")
        self.server.wait_until(lambda: listens(self.port), "offhook serve", timeout=30)

    def post(self, path: str, fields: dict[str, str]) -> int:
        """Send a form as a browser does; returns the HTTP status."""
        data = urlencode(fields).encode()
        request = Request(f"{self.url}{path}", data=data, headers={"Accept": "text/html"})
        context = ssl.create_default_context(cafile=self.authority)
        try:
            with urlopen(request, context=context, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def stop(self) -> None:
        """Stop the server as Ctrl-C does."""
        if self.server:
            self.server.stop()
            self.server = None


@cache
def _first(pki: Pki) -> Installation:
    """Return the installation that others are copies of."""
    folder = Path(tempfile.mkdtemp(prefix="offhook-first-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Installation(folder / "home", pki)
    made.run("init")
    return made


@contextmanager
def make_installation(
    folder: Path, pki: Pki, env: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """
    Make an installation as ``offhook init`` does; its server is stopped at the end.

    Without variables of its own it is a copy of one that the command made once.
    """
    made = Installation(folder / "home", pki, env)
    if env or "OFFHOOK_DATABASE" in os.environ:
        made.run("init")
    else:
        made.copy(_first(pki))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def installation(tmp_path: Path, pki: Pki) -> Iterator[Installation]:
    """A fresh installation."""
    with make_installation(tmp_path, pki) as made:
        yield made
