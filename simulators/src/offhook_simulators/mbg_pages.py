"""The pages on which somebody at a simulated border gateway lets an application in, or does not."""

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse

from offhook_simulators.mbg_data import PATHS
from offhook_simulators.mbg_oauth import RequestToken

APPROVE, DENY = "approve", "deny"


def show_waiting(waiting: Iterable[RequestToken]) -> HTMLResponse:
    """List who asks, each with a link to the question."""
    items = "".join(
        f'<li><a href="{PATHS["approve"]}?oauth_token={quote(each.key)}">'
        f"{escape(each.consumer)}</a></li>"
        for each in waiting
    )
    return _page("Who asks to be let in", f"<ul>{items}</ul>" if items else "<p>Nobody.</p>")


def show_question(waiting: RequestToken, permissions: Iterable[str]) -> HTMLResponse:
    """Ask whether *waiting* may come in, and say what it could do then."""
    items = "".join(f"<li>{escape(each)}</li>" for each in permissions)
    buttons = "".join(
        f'<button name="decision" value="{value}">{value.capitalize()}</button> '
        for value in (APPROVE, DENY)
    )
    return _page(
        f"{waiting.consumer} asks to be let in",
        f"<p>It answers to: {escape(waiting.callback)}</p><p>It may then:</p><ul>{items}</ul>"
        f'<form method="post" action="{PATHS["approve"]}">'
        f'<input type="hidden" name="oauth_token" value="{escape(waiting.key)}">{buttons}</form>',
    )


def show_verifier(waiting: RequestToken) -> HTMLResponse:
    """Show the verifier, for somebody who copies it."""
    return _page(
        f"{waiting.consumer} is let in",
        f'<p>Give it this verifier: <code id="verifier">{escape(waiting.verifier)}</code></p>',
    )


def show_message(title: str, status: int = 200) -> HTMLResponse:
    """Say that there is nothing more to do."""
    return _page(title, "<p>You can close this page.</p>", status)


def _page(title: str, content: str, status: int = 200) -> HTMLResponse:
    title = escape(title)
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1>{content}</html>",
        status,
        headers={"Cache-Control": "no-store"},
    )
