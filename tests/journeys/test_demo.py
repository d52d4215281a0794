"""The demo does what it says, and Ctrl-C ends it with all that it started."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.processes import listens, wait_until

OFFHOOK = Path(sys.executable).with_name("offhook")


@pytest.mark.lab
def test_the_demo_runs_the_whole_journey_and_ends_cleanly(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    with said.open("wb") as output:
        demo = subprocess.Popen(
            [OFFHOOK, "demo", "--folder", tmp_path / "demo"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={name: value for name, value in os.environ.items() if name != "OFFHOOK_HOME"},
        )
    try:
        wait_until(
            lambda: "Ctrl-C ends the demo" in said.read_text() or demo.poll() is not None,
            "the demo",
            timeout=60,
        )
        text = said.read_text()
        assert demo.poll() is None, text
        demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 0, said.read_text()
    finally:
        if demo.poll() is None:
            demo.kill()

    assert "6 users read from its Provisioning Manager, 6 passwords set" in text
    assert "6 users of mivb-users.csv, passwords from a file" in text
    assert re.search(r"Caught mails +24 in ", text)
    assert "The check client fetched it, as a phone would: account 7328@" in text
    ports = map(int, re.findall(r"https://localhost:(\d+)", text))
    assert [port for port in ports if listens(port)] == []
    assert "The demo is over." in said.read_text()
