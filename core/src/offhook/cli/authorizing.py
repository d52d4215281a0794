"""``offhook connections authorize`` and ``renew``: gateways let us in."""

from datetime import datetime
from time import monotonic, sleep
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.errors import Unreachable
from offhook.model.authorizations import Authorization
from offhook.model.secrets import Secret
from offhook.provisioning import authorizations

_POLLING = 0.5  # seconds
Name = Annotated[str, typer.Argument(help="The connection's name.")]


def authorize(
    ctx: typer.Context,
    name: Name,
    verifier: Annotated[
        str, typer.Option(help="What the approver got; - asks for it. Left out: begin.")
    ] = "",
    callback: Annotated[
        bool,
        typer.Option("--callback", help="The approver's browser brings it to the portal; wait."),
    ] = False,
    wait: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="How long --callback waits.")
    ] = 600,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Though it is authorised; the token it has is given up at once."
        ),
    ] = False,
) -> None:
    """Ask a gateway to let us in, or show it the verifier that its administrator got."""
    wired = app_of(ctx)
    if verifier and callback:
        raise typer.BadParameter("give --verifier or --callback, not both")
    told = {"actor": wired.actor, "now": wired.now()}
    if verifier:
        secret = console.ask_secret("Verifier") if verifier == "-" else Secret(verifier)
        given = authorizations.finish(wired.store, wired.plugins, name, secret, **told)
    else:
        back = wired.settings.callback_url if callback else ""
        asked = authorizations.begin(
            wired.store, wired.plugins, name, callback=back, again=again, **told
        )
        console.say(f"Request {asked.token_id} waits for approval at {asked.approve_at}")
        if not callback:
            console.say(f"Then: offhook connections authorize {name} --verifier VERIFIER")
            return
        given = _wait(wired, name, asked, wait)
    console.say(f"{name} is authorised: token {given.token_id}{_until(given.expires_at)}.")


def renew(ctx: typer.Context, name: Name) -> None:
    """Renew the authorisation of a connection now; it is done by itself every 28 days."""
    wired = app_of(ctx)
    given = authorizations.renew(
        wired.store, wired.plugins, name, actor=wired.actor, now=wired.now()
    )
    console.say(f"{name} is authorised anew: token {given.token_id}{_until(given.expires_at)}.")


def _wait(wired: Any, name: str, asked: Authorization, seconds: int) -> Authorization:
    """Return what the portal has made of the request, as soon as it has."""
    back = wired.settings.callback_url
    console.say(f"Waiting for the approver's browser to come to {back} (offhook serve)")
    ends = monotonic() + seconds
    with console.progress("Waiting"):
        while monotonic() < ends:
            given = authorizations.answer_to(wired.store, name, asked)
            if given:
                return given
            sleep(_POLLING)
    raise Unreachable(
        f"Nobody has approved the request of {name!r} within {seconds} s.",
        hint="It can still be approved: the server takes it. Look with: offhook connections list",
    )


def _until(ends: datetime | None) -> str:
    return f", until {ends:%Y-%m-%d}" if ends else ""
