"""A real Linphone without a screen: give it a provisioning address and see what it makes of it."""

import configparser
import itertools
import re
import socket
import subprocess
import sys
import time
import uuid
import wave
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.lab import log_sender
from tests.lab.pki import Pki
from tests.lab.processes import LabError, Process, free_port, private_folder
from tests.lab.programs import need

# What the phone has before its first provisioning; it keeps every socket on loopback.  Without the
# mark of the migration Linphone forgets use_ipv6 and asks a name server at its second start.
_BOOTSTRAP = """[misc]
config-uri={url}
transient_provisioning=0

[sip]
bind_address=127.0.0.1
sip_port=-2
sip_tcp_port=-2
sip_tls_port=-2
use_ipv6=0
ipv6_migration_done=1
auto_net_state_mon=0
register_only_when_network_is_up=0
root_ca={root}
verify_server_certs=1
verify_server_cn=1

[net]
dns_srv_enabled=0
dns_search_enabled=0

[rtp]
bind_address=127.0.0.1
audio_rtp_port={rtp_port}

[video]
enabled=0
capture=0
display=0

[sound]
hold_music={tone}

[storage]
uri=null
"""
_REGISTRATION = re.compile(r"moving from state \[\w+\] to \[LinphoneRegistration(\w+)\]")
# Its sockets open when provisioning is over, however that went; a document sets something.
_PROVISIONED = re.compile(r"Creating listening point ")
_APPLIED = re.compile(r"liblinphone-message-Set \w+\|")
_CALL = re.compile(r"moving from state LinphoneCall\w+ to LinphoneCall(\w+)")
_ANSWER = re.compile(r"^HTTP/1\.[01] (\d{3})\b", re.MULTILINE)


class Linphone:
    """
    One phone: a HOME that outlives its starts, and the daemon while it is started.

    `with phone:` starts and stops it; every start fetches the provisioning address that its
    settings name by then.  Its log holds passwords in clear, so failures quote states only.
    """

    def __init__(self, home: Path, url: str, root: Path) -> None:
        self.home, self.starts = home, 0
        for folder in (".local/share/linphone", ".config/linphone"):
            (home / folder).mkdir(parents=True)
        self._rc, self._log = home / "linphonerc", home / "log.txt"
        tone = home / "tone.wav"
        _write_tone(tone)
        self._rc.write_text(_BOOTSTRAP.format(url=url, root=root, rtp_port=free_port(), tone=tone))
        self._process: Process | None = None
        self._socket = Path()

    def start(self) -> None:
        """Start the daemon; its states begin anew."""
        if self._process:
            raise LabError("this Linphone runs already")
        self._log.unlink(missing_ok=True)
        self._socket = Path("/tmp") / f"lab-linphone-{uuid.uuid4().hex[:12]}"
        command = [need("linphone-daemon"), "--config", str(self._rc), "--log", str(self._log)]
        self._process = Process(
            [*command, "--pipe", self._socket.name, "--disable-stats-events"],
            log=self.home / "output.txt",
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8"},
            cwd=self.home,
        )
        self.starts += 1

    def stop(self) -> None:
        """Ask the daemon to quit, which takes back its registration and writes its settings."""
        if not self._process:
            return
        with suppress(OSError):  # not listening yet, or gone already
            self._tell("quit")
            self._process.join(timeout=5)
        self._process.stop()
        self._process = None
        self._socket.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_for_provisioning(self, *, timeout: float = 15) -> bool:
        """Wait until this start's provisioning is over; tell whether a document was applied."""
        self._wait(lambda: _PROVISIONED.search(self._text()), "the end of provisioning", timeout)
        return bool(_APPLIED.search(self._text()))

    def http_answers(self) -> list[int]:
        """Return the HTTP status codes that this start got (none: no connection, no trust)."""
        return [int(status) for status in _ANSWER.findall(self._text())]

    def wait_for_registration(self, state: str = "Ok", *, timeout: float = 15) -> float:
        """Wait for a registration state (`Ok`, `Failed`, `Cleared`); return the seconds it took."""
        began = time.monotonic()
        self._wait(lambda: state in self.registration_states(), f"registration {state}", timeout)
        return time.monotonic() - began

    def registration_states(self) -> list[str]:
        """Return the registration states of this start, in order."""
        return _REGISTRATION.findall(self._text())

    def point_at(self, url: str) -> None:
        """Set where a stopped phone fetches at its next start, as an MDM does."""
        lines = self._rc.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("config-uri=")]
        kept.insert(kept.index("[misc]") + 1, f"config-uri={url}")
        self._rc.write_text("\n".join(kept) + "\n")

    def send_log(self) -> str:
        """Have a stopped phone start, register and send its log; return what became of it."""
        folder = self.home / "logs"
        folder.mkdir(exist_ok=True)
        command = [sys.executable, log_sender.__file__, str(self._rc), str(folder), "2"]
        output = self.home / "sent.txt"
        with output.open("wb") as file:
            environment = {"HOME": str(self.home), "LANG": "C.UTF-8"}
            subprocess.run(
                command, stdout=file, stderr=subprocess.DEVNULL, env=environment, timeout=60
            )
        return output.read_text().splitlines()[-1]

    def call(self, address: str) -> None:
        """Call a SIP address; a machine without sound sends its tone."""
        self._tell(f"call {address}")

    def wait_for_call(self, state: str, *, timeout: float = 15) -> None:
        """Wait for a state of a call (`StreamsRunning`, `Error`)."""
        self._wait(lambda: state in _CALL.findall(self._text()), f"call {state}", timeout)

    def settings(self) -> dict[str, dict[str, str]]:
        """Return what the phone has in its settings file; it is complete once stopped."""
        parser = configparser.RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(self._rc.read_text())
        return {name: dict(parser[name]) for name in parser.sections()}

    def _wait(self, check: Callable[[], object], what: str, timeout: float) -> object:
        if not self._process:
            raise LabError(f"Linphone is not started, {what} cannot come")
        try:
            return self._process.wait_until(check, f"Linphone: {what}", timeout=timeout)
        except LabError as error:
            raise LabError(f"{error}\n{self._states()}") from None

    def _states(self) -> str:
        """Tell what is known without quoting the log."""
        applied, answers = bool(_APPLIED.search(self._text())), self.http_answers()
        states = self.registration_states()
        return f"HTTP answers {answers}, document applied: {applied}, registration {states}"

    def _text(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _tell(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(str(self._socket))
            control.sendall(f"{command}\n".encode())
            control.recv(65536)


def _write_tone(path: Path) -> None:
    """Write ten seconds of one and the same sample: what is sent in clear shows."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10" * 80_000)


@pytest.fixture
def make_linphone(pki: Pki) -> Iterator[Callable[[str], Linphone]]:
    """Make phones: `make_linphone(url)` is a new one, not yet started, that trusts `pki.root`."""
    made: list[Linphone] = []
    numbers = itertools.count(1)
    with private_folder("linphone") as folder:

        def make(url: str) -> Linphone:
            made.append(Linphone(folder / f"phone-{next(numbers)}", url, pki.root))
            return made[-1]

        yield make
        for phone in made:
            phone.stop()
