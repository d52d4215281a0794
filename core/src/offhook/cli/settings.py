"""``offhook settings``: what holds for the whole site, whatever profiles and users say."""

from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import read_pairs
from offhook.cli.offers import offer_force
from offhook.diagnostics.names import look_up
from offhook.errors import InvalidInput
from offhook.model.rules import is_address
from offhook.provisioning import profiles, sitesettings

app = typer.Typer(
    add_completion=False,
    help="Settings of the whole site: they win over profiles and users.",
    no_args_is_help=True,
)


@app.command("list")
def list_(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List what can be set for the whole site, and what is."""
    with app_of(ctx).store.read() as tx:
        found = sitesettings.of_site(tx)
    rows = [
        {
            "setting": name,
            "value": each.brief(found[name]) if name in found else "",
            "is_set": name in found,
            "choices": list(each.choices),
            "help": each.help,
        }
        for name, each in sitesettings.SYSTEM.items()
    ]
    if as_json:
        console.json_out(rows)
        return
    shown = [
        (row["setting"], row["value"] or "-", " ".join(each.choices), row["help"])
        for row, each in zip(rows, sitesettings.SYSTEM.values(), strict=True)
    ]
    console.table(("Setting", "Value", "Choices", "Meaning"), shown)


@app.command("set")
def set_(
    ctx: typer.Context,
    pairs: Annotated[
        list[str],
        typer.Argument(metavar="SETTING=VALUE...", help="An empty value takes the setting away."),
    ],
) -> None:
    """Set something for the whole site, for example: set token_lifetime=2w."""
    wired = app_of(ctx)
    texts = read_pairs(pairs)
    if not texts:
        raise InvalidInput("Nothing to change.", hint="Give SETTING=VALUE arguments.")
    profiles.change_site(wired.store, wired.plugins, texts, actor=wired.actor, now=wired.now())
    console.say("The site is changed; clients get it at their next download or refresh.")
    offer_force(wired)
    host = texts.get("client_service_host", "")
    addresses = look_up(host) if host and not is_address(host) else []
    if len(addresses) > 1:
        console.warn(
            f"{host} has several addresses, {', '.join(addresses)}: clients may use any of them. "
            "Name the one that they are to use, if only one serves them."
        )
