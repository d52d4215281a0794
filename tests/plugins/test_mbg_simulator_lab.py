"""Somebody clicks at the simulated border gateway, in a real browser; its command starts it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET, PATHS
from offhook_simulators.serving import LocalServer
from tests.lab.processes import Process, free_port, listens
from tests.plugins.mbg_visitor import START, Visitor, refusal, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.lab
def test_a_verifier_is_copied_from_the_page(page: "Page") -> None:
    with visiting(let_in=False) as visitor:
        waiting = visitor.request()
        page.goto(visitor.address + PATHS["approve"])
        page.get_by_role("link", name=CONSUMER_ID).click()
        page.get_by_role("button", name="Approve").click()
        verifier = page.locator("#verifier").inner_text()
        assert visitor.finish(waiting, verifier).status_code == 200


@pytest.mark.lab
@pytest.mark.parametrize("button", ["Approve", "Deny"])
def test_the_browser_is_sent_back_with_the_answer(page: "Page", button: str) -> None:
    back = Starlette(routes=[Route("/back", lambda request: PlainTextResponse("Welcome back"))])
    with visiting(let_in=False) as visitor, LocalServer(back) as application:
        waiting = visitor.request(application.address + "/back")
        page.goto(f"{visitor.address}{PATHS['approve']}?oauth_token={waiting['oauth_token']}")
        page.get_by_role("button", name=button).click()
        page.get_by_text("Welcome back").wait_for()
        given = parse_qs(urlsplit(page.url).query)
        assert given["oauth_token"] == [waiting["oauth_token"]]
        if button == "Approve":
            finished = visitor.finish(waiting, given["oauth_verifier"][0])
            assert finished.status_code == 200
        else:
            assert given["oauth_problem"] == ["user_refused"]
            assert refusal(visitor.finish(waiting, "guess")) == (401, "token_rejected")


def test_the_command_starts_one_and_says_how_to_come_in(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "mbg"
    options = ("--port", str(port), "--users", "7", "--folder", str(folder))
    command = [sys.executable, "-m", "offhook_simulators.commands", "mbg", *options]
    process = Process(command, log=tmp_path / "log")
    try:
        process.wait_until(lambda: listens(port), "the border gateway")
        visitor = Visitor(Mbg(0), f"https://localhost:{port}", START)
        visitor.session.verify = str(folder / "ca.pem")
        visitor.signing = {"timestamp": None}
        visitor.come_in()
        assert visitor.ask("GET", PATHS["sip_users"]).json()["total"] == 7
        visitor.session.close()
    finally:
        process.stop()
    said = (tmp_path / "log").read_text()
    wanted = (visitor.address, CONSUMER_ID, CONSUMER_SECRET, PATHS["approve"], "ca.pem")
    assert [each for each in wanted if each not in said] == []
