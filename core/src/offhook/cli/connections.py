"""``offhook connections``: PBXs, gateways and mail servers."""

import shlex
from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of, authorizing, findings
from offhook.cli.arguments import read_pairs
from offhook.errors import InvalidInput, UnknownName
from offhook.model.described import describe
from offhook.model.sources import Source
from offhook.model.users import Selection
from offhook.provisioning import authorizations, campaigns, connections, gateways, overview, sources

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
Credentials = Annotated[
    str,
    typer.Option(
        metavar="WAY",
        help="How users' passwords come here: read, set, file or hand, as the plugin can.",
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
    credentials: Credentials = "",
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
        credentials=credentials,
        actor=wired.actor,
        now=wired.now(),
    )
    nexts = "authorize" if wired.plugins.implements(plugin, authorizations.HOOK) else "check"
    console.say(f"Connection {name} is stored. Next: offhook connections {nexts} {name}")


@app.command()
def edit(
    ctx: typer.Context, name: Name, options: Options = None, credentials: Credentials = ""
) -> None:
    """Change options; NAME= goes back to the default."""
    wired = app_of(ctx)
    texts = read_pairs(options or [])
    if not texts and not credentials:
        raise InvalidInput("Nothing to change.", hint="Give NAME=VALUE arguments.")
    connections.change(
        wired.store,
        wired.plugins,
        name,
        texts,
        credentials=credentials,
        actor=wired.actor,
        now=wired.now(),
    )
    console.say(f"Connection {name} is changed.")
    with wired.store.read() as tx:
        count = tx.imported.count_from(name) if tx.sources.get(name).changed_at else 0
    if count:
        need = "needs" if count == 1 else "need"
        users = f"Its {console.counted(count, 'user')} {need} a sync"
        console.say(f"{users}: offhook users sync --from {shlex.quote(name)}")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the connections, and how those stand that had to be authorised."""
    wired = app_of(ctx)
    lines = overview.list_connections(wired.store, wired.plugins, now=wired.now())
    if as_json:
        console.json_out(lines)
        return
    console.table(
        ("Id", "Name", "Plugin", "Host", "Default", "State", "Token", "Verified", "Days left"),
        [
            (
                each.id,
                each.name,
                each.plugin,
                each.host,
                "sends" if each.default_transport else "gateway" if each.default_gateway else "",
                each.state,
                each.token_id,
                "yes" if each.verified else "",
                each.expires_in_days,
            )
            for each in lines
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
    findings.show(wired.plugins.diagnose(connection), as_json=as_json)


app.command("authorize")(authorizing.authorize)
app.command("renew")(authorizing.renew)


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
    if deliver:
        campaigns.check(wired.store, wired.plugins)
    with console.progress("Comparing") as advance:
        found = gateways.compare(
            wired.store,
            wired.plugins,
            name,
            take_over=deliver,
            actor=wired.actor,
            now=wired.now(),
            on_progress=advance,
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


def _show_drift(differing: list[str], failed: dict[str, str], campaign: str) -> None:
    rows = [(key, "it has other credentials now") for key in differing]
    rows += failed.items()
    console.table(("User", "What"), rows, empty="Nothing has changed there.")
    if campaign:
        console.say(f"Deployed anew: offhook campaigns show {campaign}")
    elif differing:
        console.say("Take it over and deploy them anew with --deliver.")


def _schedule(source: Source) -> str:
    """Return when the users of a connection are read, and how that went."""
    every = next(word for word, minutes in EVERY.items() if minutes == source.every)
    adds = ", new ones are added and deployed" if source.automatic else ""
    last = f"last read {source.read_at:%Y-%m-%d %H:%M} UTC" if source.read_at else "never read yet"
    failed = f" The last attempt failed: {source.error}" if source.error else ""
    return f"Users are read: {every}{adds}; {last}.{failed}"
