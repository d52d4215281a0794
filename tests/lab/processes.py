"""Start real programs on loopback, wait for them with a limit, and stop them by their own id."""

import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_PORTS = range(10000, 32000)  # below the range from which the kernel serves outgoing connections
_random = random.SystemRandom()


class LabError(Exception):
    """A real component did not do what a test waited for."""


class Process:
    """A program in the foreground, its output in a log file; *user* runs it as somebody else."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        account = pwd.getpwnam(user) if user else None
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                user=account and account.pw_uid,
                group=account and account.pw_gid,
                extra_groups=[] if account else None,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def tail(self, lines: int = 15) -> str:
        """Return the end of the log, for messages."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def wait_until(self, check: Callable[[], T | None], what: str, *, timeout: float = 10) -> T:
        """Return the first true answer of *check*; a process that ends meanwhile is an error."""

        def alive_and() -> T | None:
            if not self.running:
                raise LabError(
                    f"{self.name} ended with status {self._popen.returncode} before {what}\n"
                    + self.tail()
                )
            return check()

        return wait_until(alive_and, what, timeout=timeout, detail=self.tail)

    def kill(self) -> None:
        """End it as a crash would."""
        self._popen.kill()
        self._popen.wait(10)

    def stop(self, signal: int = 15, *, timeout: float = 5) -> None:
        """Ask it to end, and make it end after *timeout* seconds."""
        if self.running:
            self._popen.send_signal(signal)
            self.join(timeout=timeout)

    def join(self, *, timeout: float = 5) -> None:
        """Wait for its own end, and make it end after *timeout* seconds."""
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()


def wait_until(
    check: Callable[[], T | None],
    what: str,
    *,
    timeout: float = 10,
    detail: Callable[[], str] = str,
) -> T:
    """
    Return the first true answer of *check*, or raise `LabError` with *what* and *detail*.

    A check that is work itself, such as a command, is repeated less often: what it waits for needs
    the processor, too.
    """
    end = time.monotonic() + timeout
    while True:
        began = time.monotonic()
        answer = check()
        if answer:
            return answer
        now = time.monotonic()
        if now > end:
            raise LabError(f"waited {timeout:g} s in vain for {what}\n{detail()}".rstrip())
        time.sleep(min(max(0.02, 4 * (now - began)), 2))


def free_port() -> int:
    """Return a loopback port that is free for TCP and UDP, at random: tests run in parallel."""
    for port in _random.sample(_PORTS, 100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LabError("no free port on loopback")


def listens(port: int) -> bool:
    """Tell whether something accepts TCP connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def private_folder(name: str, *, owner: str | None = None) -> Iterator[Path]:
    """
    Yield a new folder with a short path, deleted afterwards.

    Daemons that run as somebody else cannot enter pytest's own folders, and a path there can be too
    long for a unix socket.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"lab-{name}-", dir="/tmp"))
    try:
        if owner:
            shutil.chown(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
