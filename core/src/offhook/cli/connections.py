"""``offhook connections``: PBXs, gateways and mail servers."""

from datetime import datetime
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import read_pairs
from offhook.errors import InvalidInput, OffhookError, UnknownName
from offhook.model.authorizations import Authorization
from offhook.model.described import describe
from offhook.model.secrets import Secret
from offhook.model.sources import Source
from offhook.model.users import Selection
from offhook.provisioning import authorizations, connections, sources

app = typer.Typer(
    add_completion=False, help="Connect PBXs, gateways and mail servers.", no_args_is_help=True
)
EVERY = {"never": 0, "15min": 15, "1h": 60, "6h": 360, "1d": 1440}
PARTIAL = 3
Options = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE...",
        help="Options of the plugin (see: offhook plugins show PLUGIN); "
        "NAME=- asks for the value, NAME=@FILE reads it from a file.",
    ),
]
Name = Annotated[str, typer.Argument(help="The connection's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def add(
    ctx: typer.Context,
    name: Name,
    plugin: Annotated[str, typer.Option(help="The plugin that speaks for it.")],
    options: Options = None,
    local: Annotated[bool, typer.Option("--local", help="It is the site's own gateway.")] = False,
) -> None:
    """Add a connection, for example: add mail --plugin email_smtp host=smtp.example.org ..."""
    wired = app_of(ctx)
    texts = read_pairs(options or [])
    connections.add(
        wired.store,
        wired.plugins,
        name,
        plugin,
        texts,
        local=local,
        actor=wired.actor,
        now=wired.now(),
    )
    nexts = "authorize" if wired.plugins.implements(plugin, authorizations.HOOK) else "check"
    console.say(f"Connection {name} is stored. Next: offhook connections {nexts} {name}")


@app.command()
def edit(ctx: typer.Context, name: Name, options: Options = None) -> None:
    """Change options; NAME= goes back to the default."""
    wired = app_of(ctx)
    texts = read_pairs(options or [])
    if not texts:
        raise InvalidInput("Nothing to change.", hint="Give NAME=VALUE arguments.")
    connections.change(wired.store, wired.plugins, name, texts, actor=wired.actor, now=wired.now())
    console.say(f"Connection {name} is changed.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the connections, and how those stand that had to be authorised."""
    rows = _rows(app_of(ctx))
    if as_json:
        console.json_out(rows)
        return
    console.table(
        ("Name", "Plugin", "Default", "State", "Token", "Verified", "Days left"),
        [
            (
                r["name"],
                r["plugin"],
                "sends" if r["default_transport"] else "gateway" if r["default_gateway"] else "",
                r["state"],
                r["token_id"],
                "yes" if r["verified"] else "",
                r["expires_in_days"],
            )
            for r in rows
        ],
        empty="No connections yet. Add one: offhook connections add NAME --plugin PLUGIN ...",
    )


@app.command()
def show(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a connection's options, secrets masked."""
    wired = app_of(ctx)
    connection = connections.get(wired.store, wired.plugins, name)
    fields = describe(wired.plugins.options_class(connection.plugin))
    shown = {key: each.show(getattr(connection.options, key)) for key, each in fields.items()}
    source = None
    if wired.plugins.implements(connection.plugin, sources.LIST):
        with wired.store.read() as tx:
            source = tx.sources.get(name)
    if as_json:
        console.json_out(
            {"name": name, "plugin": connection.plugin, "options": shown, "source": source}
        )
        return
    rows = [(key, text, fields[key].help) for key, text in shown.items()]
    console.table(("Option", "Value", "Meaning"), rows)
    if source:
        console.say(_schedule(source))


@app.command()
def check(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Let the plugin say what it can tell about the system; exit 1 on a failure."""
    wired = app_of(ctx)
    connection = connections.get(wired.store, wired.plugins, name)
    findings = list(wired.plugins.diagnose(connection))
    if as_json:
        console.json_out(findings)
    else:
        rows = [(f.level, f.summary, " ".join((f.meaning, f.action)).strip()) for f in findings]
        console.table(("Level", "Finding", "What to do"), rows, empty="The plugin says nothing.")
    if any(each.level == "failure" for each in findings):
        raise typer.Exit(1)


@app.command()
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


@app.command()
def renew(ctx: typer.Context, name: Name) -> None:
    """Renew the authorisation of a connection now; it is done by itself every 28 days."""
    wired = app_of(ctx)
    given = authorizations.renew(
        wired.store, wired.plugins, name, actor=wired.actor, now=wired.now()
    )
    console.say(f"{name} is authorised anew: token {given.token_id}{_until(given.expires_at)}.")


@app.command()
def drift(
    ctx: typer.Context,
    name: Name,
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Take over what it has now, and deploy these users.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare what was delivered with what a gateway has now; exit 3 where it differs."""
    wired = app_of(ctx)
    connections.get(wired.store, wired.plugins, name)
    with console.progress("Comparing") as advance:
        found = wired.fetch_credentials(
            Selection(), only_at=name, dry_run=not deliver, on_progress=advance
        )
    again = Selection(ids=tuple(found.changed))
    campaign = wired.deploy(again) if deliver and found.changed else None
    with wired.store.read() as tx:
        differing = tx.users.keys(found.changed)
    if as_json:
        console.json_out({"differing": differing, "failed": found.failed})
    else:
        _show_drift(differing, found.failed, campaign.id if campaign else "")
    if differing and not deliver:
        raise typer.Exit(PARTIAL)


@app.command()
def schedule(
    ctx: typer.Context,
    name: Name,
    every: Annotated[
        str, typer.Option(help=f"How often its users are read: {', '.join(EVERY)}.")
    ] = "never",
    automatic: Annotated[
        bool, typer.Option("--automatic", help="A sync adds and deploys those it is to deploy.")
    ] = False,
) -> None:
    """Say how often the users of a PBX are read again, and whether new ones are deployed."""
    wired = app_of(ctx)
    if every not in EVERY:
        raise UnknownName("interval", every, tuple(EVERY))
    sources.schedule(
        wired.store,
        wired.plugins,
        name,
        every=EVERY[every],
        automatic=automatic,
        actor=wired.actor,
        now=wired.now(),
    )
    deploys = "new users are added and deployed" if automatic else "new users wait to be imported"
    console.say(f"Users of {name} are read: {every}; {deploys}.")


@app.command()
def remove(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a connection."""
    if not yes and not console.confirm(f"Remove the connection {name}?"):
        raise InvalidInput("Nothing was removed.", hint="Confirm, or add --yes.")
    wired = app_of(ctx)
    connections.remove(wired.store, name, actor=wired.actor, now=wired.now())
    console.say(f"Connection {name} is removed.")


def _rows(wired: Any) -> list[dict[str, Any]]:
    with wired.store.read() as tx:
        stored = tx.connections.all()
        default = tx.values.get(connections.DEFAULT_TRANSPORT)
        local = tx.values.get(connections.DEFAULT_GATEWAY)
        given = {each.connection: each.authorization for each in tx.authorizations.all()}
    return [
        {
            "name": each.name,
            "plugin": each.plugin,
            "default_transport": each.name == default,
            "default_gateway": each.name == local,
            "state": _state(each, wired.plugins),
            **_authorized(given.get(each.name), wired.now()),
        }
        for each in stored
    ]


def _authorized(given: Authorization | None, now: datetime) -> dict[str, Any]:
    ends = given.expires_at if given else None
    return {
        "token_id": given.token_id if given else "",
        "verified": bool(given and given.state == "verified"),
        "expires_in_days": (ends - now).days if ends else None,
    }


def _show_drift(differing: list[str], failed: dict[str, str], campaign: str) -> None:
    rows = [(key, "it has other credentials now") for key in differing]
    rows += failed.items()
    console.table(("User", "What"), rows, empty="Nothing has changed there.")
    if campaign:
        console.say(f"Deployed anew: offhook campaigns show {campaign}")
    elif differing:
        console.say("Take it over and deploy them anew with --deliver.")


def _until(ends: datetime | None) -> str:
    return f", until {ends:%Y-%m-%d}" if ends else ""


def _schedule(source: Source) -> str:
    """Return when the users of a connection are read, and how that went."""
    every = next(word for word, minutes in EVERY.items() if minutes == source.every)
    adds = ", new ones are added and deployed" if source.automatic else ""
    last = f"last read {source.read_at:%Y-%m-%d %H:%M} UTC" if source.read_at else "never read yet"
    failed = f" The last attempt failed: {source.error}" if source.error else ""
    return f"Users are read: {every}{adds}; {last}.{failed}"


def _state(stored: Any, plugins: Any) -> str:
    try:
        connections.read(stored, plugins)
    except OffhookError as error:
        return f"unavailable: {error}"
    return "ready"
