"""``offhook connections authorize`` and ``renew``: systems let us in."""

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
    approved: Annotated[
        bool, typer.Option("--approved", help="The approver has done it, and got no verifier.")
    ] = False,
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
    """Ask a system to let us in, or show it the verifier that its administrator got."""
    wired = app_of(ctx)
    if sum(map(bool, (verifier, approved, callback))) > 1:
        raise typer.BadParameter("give one of --verifier, --approved and --callback")
    told = {"actor": wired.actor, "now": wired.now()}
    if verifier or approved:
        secret = console.ask_secret("Verifier") if verifier == "-" else Secret(verifier)
        given = authorizations.finish(wired.store, wired.plugins, name, secret, **told)
    else:
        back = wired.settings.callback_url if callback else ""
        asked = authorizations.begin(
            wired.store, wired.plugins, name, callback=back, again=again, **told
        )
        if not callback or not asked.approve_at:
            _say_how(name, asked)
            return
        console.say(f"Request {asked.token_id} waits for approval at {asked.approve_at}")
        given = _wait(wired, name, asked, wait)
    console.say(f"{name} is authorised: token {given.token_id}{_until(given.expires_at)}.")


def renew(ctx: typer.Context, name: Name) -> None:
    """Renew the authorisation of a connection now; it is done by itself every 28 days."""
    wired = app_of(ctx)
    given = authorizations.renew(
        wired.store, wired.plugins, name, actor=wired.actor, now=wired.now()
    )
    console.say(f"{name} is authorised anew: token {given.token_id}{_until(given.expires_at)}.")


def _say_how(name: str, asked: Authorization) -> None:
    """Say who approves it where, and how to go on."""
    then = f"Then: offhook connections authorize {name}"
    if asked.approve_at:
        console.say(f"Request {asked.token_id} waits for approval at {asked.approve_at}")
        console.say(f"{then} --verifier VERIFIER")
    else:
        console.say(f"Give this key to whoever runs that system, to be let in: {asked.token_id}")
        console.say(f"{then} --approved")


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
