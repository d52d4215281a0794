"""``offhook connections authorize`` and ``renew``: gateways let us in."""

from datetime import datetime
from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.model.secrets import Secret
from offhook.provisioning import authorizations

Name = Annotated[str, typer.Argument(help="The connection's name.")]


def authorize(
    ctx: typer.Context,
    name: Name,
    verifier: Annotated[
        str, typer.Option(help="What the approver got; - asks for it. Left out: begin.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Though it is authorised.")] = False,
) -> None:
    """Ask a gateway to let us in, or show it the verifier that its administrator got."""
    wired = app_of(ctx)
    told = {"actor": wired.actor, "now": wired.now()}
    if not verifier:
        asked = authorizations.begin(wired.store, wired.plugins, name, again=again, **told)
        console.say(f"Request {asked.token_id} waits for approval at {asked.approve_at}")
        console.say(f"Then: offhook connections authorize {name} --verifier VERIFIER")
        return
    secret = console.ask_secret("Verifier") if verifier == "-" else Secret(verifier)
    given = authorizations.finish(wired.store, wired.plugins, name, secret, **told)
    console.say(f"{name} is authorised: token {given.token_id}{_until(given.expires_at)}.")


def renew(ctx: typer.Context, name: Name) -> None:
    """Renew the authorisation of a connection now; it is done by itself every 28 days."""
    wired = app_of(ctx)
    given = authorizations.renew(
        wired.store, wired.plugins, name, actor=wired.actor, now=wired.now()
    )
    console.say(f"{name} is authorised anew: token {given.token_id}{_until(given.expires_at)}.")


def _until(ends: datetime | None) -> str:
    return f", until {ends:%Y-%m-%d}" if ends else ""
