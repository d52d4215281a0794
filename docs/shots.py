"""Takes pictures of every page of the demo, for whoever changed one: ``./dev shots``."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

SHOTS = Path(__file__).with_name("shots")
OFFHOOK = Path(sys.executable).with_name("offhook")
QUIET = ("disable-quic", "disable-background-networking", "disable-component-update")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 800}
NEW_PASSWORD = "correct horse battery"
NO_TOKEN = "AAAAA-AAAAA-AAAAA-AAAAA"


def main() -> None:
    """Run the demo and take the pictures, each by day and by night."""
    SHOTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, run_demo(Path(folder)) as said:
        portal, password = find(r"(https://\S+)\s+\(admin, one-time\s+password\s+([\w-]+)\)", said)
        (page,) = find(r"(https://\S+/d/[\w-]+)", said)
        server = page.rpartition("/d/")[0]
        with sync_playwright() as playwright:
            flags = [f"--{flag}" for flag in (*QUIET, "disable-sync", "no-first-run")]
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
            for scheme in ("light", "dark"):
                show_person(open_window(browser, PHONE, scheme), server, page, scheme)
                password = show_admin(open_window(browser, DESK, scheme), portal, password, scheme)
            browser.close()
    sys.stdout.write(f"{len(list(SHOTS.glob('*.png')))} pictures are in {SHOTS}\n")


@contextmanager
def run_demo(folder: Path) -> Iterator[str]:
    """Run the demo; yields what it said when it was ready."""
    command = [OFFHOOK, "demo", "--folder", str(folder / "demo")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        said = ""
        for line in demo.stdout:
            said += line
            if "Ctrl-C ends the demo" in line:
                break
        try:
            yield said
        finally:
            demo.terminate()


def find(pattern: str, said: str) -> tuple[str, ...]:
    """Return the groups of *pattern* in what the demo said, its line breaks aside."""
    match = re.search(pattern, said)
    if not match:
        sys.exit(f"The demo did not say {pattern}:\n{said}")
    return match.groups()


def open_window(browser: Browser, size: dict[str, int], scheme: str) -> BrowserContext:
    """Open a window that trusts the demo's certificate."""
    return browser.new_context(
        ignore_https_errors=True,
        viewport=size,
        color_scheme="dark" if scheme == "dark" else "light",
    )


def show_person(window: BrowserContext, server: str, page: str, scheme: str) -> None:
    """Take what a user sees who opens the mail."""
    tab = window.new_page()
    for name, address in (
        ("page", page),
        ("refused", f"{server}/d/{NO_TOKEN}"),
        ("type", f"{server}/d"),
    ):
        tab.goto(address)
        take(tab, f"person-{name}-{scheme}")


def show_admin(window: BrowserContext, portal: str, password: str, scheme: str) -> str:
    """Take what an administrator sees; returns the password by then."""
    tab = window.new_page()
    tab.goto(portal)
    take(tab, f"portal-login-{scheme}")
    tab.fill("#name", "admin")
    tab.fill("#password", password)
    tab.click("button[type=submit]")
    if tab.url.endswith("/password"):
        take(tab, f"portal-password-{scheme}")
        tab.fill("#old", password)
        tab.fill("#new", NEW_PASSWORD)
        tab.fill("#again", NEW_PASSWORD)
        tab.click("main button[type=submit]")
    take(tab, f"portal-users-{scheme}")
    tab.click("tbody a >> nth=0")
    take(tab, f"portal-user-{scheme}")
    tab.click("nav >> text=Profiles")
    take(tab, f"portal-profiles-{scheme}")
    tab.click("tbody a >> nth=0")
    take(tab, f"portal-profile-{scheme}")
    tab.fill("#sip_port", "70000")
    tab.click("text=Save and validate")
    take(tab, f"portal-profile-refused-{scheme}")
    tab.fill("#sip_port", "5071")
    tab.click("text=Save and validate")
    take(tab, f"portal-profile-saved-{scheme}")
    tab.click("nav >> text=Connections")
    take(tab, f"portal-connections-{scheme}")
    return NEW_PASSWORD


def take(tab: Page, name: str) -> None:
    """Take a picture of the whole page."""
    tab.wait_for_load_state()
    tab.screenshot(path=SHOTS / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
