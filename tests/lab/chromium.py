"""Debian's Chromium under Playwright, trusting the laboratory's certificate authority."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.pki import Pki
from tests.lab.processes import private_folder
from tests.lab.programs import need

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser(pki: Pki) -> "Iterator[Browser]":
    """
    A browser without a screen, for the tests of one module.

    Playwright holds an event loop in this thread while it runs: tests of the same module cannot
    call `asyncio.run`, which is why it does not live longer.
    """
    from playwright.sync_api import sync_playwright  # 0.5 s, for the few tests that need it

    program = need("chromium")
    with private_folder("chromium") as home, sync_playwright() as playwright:
        _trust(home, pki.root)
        running = playwright.chromium.launch(
            executable_path=program,
            args=_ARGUMENTS,
            env={**os.environ, "HOME": str(home)},
            timeout=20_000,
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page of a fresh profile; every wait ends after 10 s."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def _trust(home: Path, root: Path) -> None:
    """Make the NSS database in which Chromium looks for authorities of its user's own."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    where = ["-d", f"sql:{database}"]
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-t", "C,,", "-n", "lab", "-i", str(root)],
    ):
        command = [need("certutil"), *where, *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=20)
