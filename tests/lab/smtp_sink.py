"""Drive the mail sink: a fast SMTP server in its own process, with faults on demand."""

import email
import email.policy
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol

import pytest
from attrs import asdict, field, frozen

from tests.lab.pki import Certificate, Pki
from tests.lab.processes import LabError, Process, free_port, private_folder, wait_until

_PROGRAM = Path(__file__).with_name("sink.py")
Tls = Literal["none", "starttls", "implicit"]


@frozen(kw_only=True)
class Faults:
    """
    What goes wrong; recipients are mapped to how often it does, -1 is for ever.

    `temporary` and `permanent` answer 451 and 550 to RCPT.  `drop_unstored` and `drop_stored` hang
    up after the body instead of answering: the mail is lost, or it is kept but nobody is told.
    `greeting` replaces the first line (a 4xx or 5xx also hangs up).  `seconds_per_mail` delays the
    answer to each body.  `mails_per_connection` answers 421 to the next MAIL and hangs up.
    """

    temporary: dict[str, int] = field(factory=dict)
    permanent: dict[str, int] = field(factory=dict)
    drop_unstored: dict[str, int] = field(factory=dict)
    drop_stored: dict[str, int] = field(factory=dict)
    greeting: str = ""
    seconds_per_mail: float = 0
    mails_per_connection: int = 0


class Sink:
    """A mail server on loopback that takes every mail; its mails outlive its restarts."""

    host = "localhost"

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        self.folder, self.port = folder, free_port()
        for name in ("new", "tmp"):
            (folder / name).mkdir()
        self._settings = {**settings, "folder": str(folder), "port": self.port}
        self._process: Process | None = None

    def start(self, faults: Faults | None = None) -> None:
        """Start it on the same port as before, now with these faults or none."""
        settings = self.folder / "settings.json"
        settings.touch(mode=0o600)
        settings.write_text(json.dumps({**self._settings, "faults": asdict(faults or Faults())}))
        command = [sys.executable, "-I", str(_PROGRAM), str(settings)]
        before = len(self.events("listening"))
        self._process = Process(command, log=self.folder / "log.txt")
        self._process.wait_until(lambda: len(self.events("listening")) > before, "the sink")

    def stop(self) -> None:
        """End it; connections break."""
        if self._process:
            self._process.stop()
        self._process = None

    def messages(self, count: int, *, timeout: float = 20) -> list[EmailMessage]:
        """Wait for *count* mails and return all, oldest first; more than *count* are an error."""
        self.wait_for(count, timeout=timeout)
        files = self._files()
        if len(files) > count:
            raise LabError(f"{len(files)} mails instead of {count}")
        return [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in files
        ]

    def wait_for(self, count: int, *, timeout: float = 20) -> None:
        """Wait until at least *count* mails are there."""
        wait_until(
            lambda: self.count() >= count,
            f"{count} mails",
            timeout=timeout,
            detail=lambda: f"{self.count()} arrived",
        )

    def count(self) -> int:
        """Return how many mails are there."""
        return len(self._files())

    def recipients(self) -> Counter[str]:
        """Return how many mails each address got, by the envelope (fast: reads two lines each)."""
        found: Counter[str] = Counter()
        for file in self._files():
            with file.open() as lines:
                next(lines)
                found.update(next(lines).strip().removeprefix("Envelope-To: ").split(", "))
        return found

    def events(self, kind: str) -> list[str]:
        """
        Return what happened so far, one text per event.

        Kinds: `connected`, `lost` (a client went away in mid-sentence), and the faults that struck,
        with their recipient: `temporary`, `permanent`, `drop_unstored`, `drop_stored`.
        """
        file = self.folder / "log.txt"
        log = file.read_text(errors="replace") if file.exists() else ""
        return re.findall(rf"^{kind}(?: (.*))?$", log, flags=re.MULTILINE)

    def _files(self) -> list[Path]:
        return sorted((self.folder / "new").iterdir())


class StartSink(Protocol):
    """How a test asks for a sink."""

    def __call__(
        self,
        *,
        tls: Tls = "starttls",
        username: str = "",
        password: str = "",
        certificate: Certificate | None = None,
        faults: Faults | None = None,
    ) -> Sink: ...


@pytest.fixture
def start_sink(pki: Pki) -> Iterator[StartSink]:
    """
    Start mail sinks: `start_sink(tls="starttls", username="", password="", ...)`.

    With a user name, AUTH (PLAIN or LOGIN) is required.  Without a certificate it is `pki.leaf`.
    """
    sinks: list[Sink] = []
    with private_folder("sink") as folder:

        def start(
            *,
            tls: Tls = "starttls",
            username: str = "",
            password: str = "",
            certificate: Certificate | None = None,
            faults: Faults | None = None,
        ) -> Sink:
            shown = certificate or pki.leaf
            home = folder / str(len(sinks))
            home.mkdir()
            settings = {"tls": tls, "username": username, "password": password}
            sink = Sink(home, {**settings, "chain": str(shown.chain), "key": str(shown.key)})
            sinks.append(sink)
            sink.start(faults)
            return sink

        yield start
        for sink in sinks:
            sink.stop()
