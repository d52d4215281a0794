"""``offhook topology``: the reference set-ups, planned and checked for a site."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import app_of, findings, topologyplans
from offhook.cli.arguments import read_text
from offhook.diagnostics.names import look_up, look_up_service
from offhook.diagnostics.probing import probe
from offhook.errors import InvalidInput, SettingsError
from offhook.model.described import describe
from offhook.model.probes import Outcome
from offhook.model.settings import Settings
from offhook.provisioning import installation, overview, profiles, resolving
from offhook.topology import checks, comparisons, flows, nftables, plans, sitefiles, topologies
from offhook.topology.attempts import Attempt

app = typer.Typer(
    add_completion=False,
    help="Plan and check how server, gateways and firewall stand to one another.",
    no_args_is_help=True,
)
PATIENCE = 5.0  # seconds for each stage of an attempt
_HOOKS = ("open_route", "probe")
Topology = Annotated[str, typer.Argument(help="One of offhook topology list.")]
SiteFile = Annotated[
    Path, typer.Option("--site", help="What is there; begin with offhook topology example.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the reference set-ups."""
    rows = [
        {"name": each.name, "label": each.label, "about": each.about}
        for each in topologies.TOPOLOGIES.values()
    ]
    if as_json:
        console.json_out(rows)
        return
    console.table(("Name", "What stands where", "About"), [tuple(row.values()) for row in rows])


@app.command()
def example(topology: Topology) -> None:
    """Show a site file that explains itself, to put your own names and addresses in."""
    console.plain(sitefiles.example(topologies.named(topology)))


@app.command()
def plan(
    ctx: typer.Context,
    topology: Topology,
    site: SiteFile,
    nft: Annotated[
        bool, typer.Option("--nftables", help="Only the firewall's rules, for nft.")
    ] = False,
    create_profile: Annotated[
        str, typer.Option(metavar="NAME", help="Make the profile that the plan wants.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print what a set-up asks of a site, in its own names and addresses."""
    found = _plan(ctx, topology, site)
    rules = nftables.write(
        found.rules, found.translations, flows.inner_networks(found.site), look_up
    )
    if create_profile:
        _create(app_of(ctx), found, create_profile)
    elif as_json:
        console.json_out(topologyplans.as_json(found, rules))
    elif nft:
        console.plain(rules)
    else:
        topologyplans.show(found)


@app.command()
def check(
    ctx: typer.Context,
    topology: Topology,
    site: SiteFile,
    outside: Annotated[
        bool, typer.Option("--outside", help="This machine is on the internet, not at the site.")
    ] = False,
    profile: Annotated[str, typer.Option(help="Compare this profile with the plan, too.")] = "",
    ca: Annotated[
        Path | None, typer.Option(help="PEM file: authorities to trust, not this machine's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check what can be checked from here, and list what cannot; exit 1 on a failure."""
    found = _plan(ctx, topology, site)
    authorities = read_text(ca, "The authorities") if ca else ""
    with console.progress("Trying") as advance:
        said = checks.examine(
            found,
            outside=outside,
            find=look_up,
            find_service=_find_service,
            prober=lambda wanted: asyncio.run(_try_all(wanted, advance)),
            ca=authorities,
        )
    wired = app_of(ctx)
    if not outside and _is_installed(wired):
        said += comparisons.compare_settings(found, wired.settings)
    if profile:
        said += comparisons.compare_profile(found, _settings_of(wired, profile), profile)
    findings.show(said, as_json=as_json)


def _plan(ctx: typer.Context, topology: str, path: Path) -> plans.Plan:
    wanted = topologies.named(topology)
    site = sitefiles.read(read_text(path, "The site file"), wanted)
    return plans.make(wanted, site, _services(app_of(ctx)))


def _services(wired: Any) -> list[str]:
    """Return the redirect and diagnostics hosts of the installation, if there is one."""
    if not _is_installed(wired):
        return []
    lines = overview.list_connections(wired.store, wired.plugins, now=wired.now())
    does = wired.plugins.implements
    return [each.host for each in lines if any(does(each.plugin, hook) for hook in _HOOKS)]


def _is_installed(wired: Any) -> bool:
    try:
        installation.check_there(wired.settings)
    except SettingsError:
        return False
    return True


def _create(wired: Any, plan: plans.Plan, name: str) -> None:
    """Make the plan's profiles: one, or one for each name at which phones register."""
    names = [f"{name}{each.suffix}" for each in plan.profiles]
    with wired.store.read() as tx:
        there = [each for each in names if tx.profiles.named(each)]
    if there:
        raise InvalidInput(
            f"There is already a profile {' and '.join(there)}.",
            hint="Choose another name, or compare it: offhook topology check --profile NAME",
        )
    for made, each in zip(names, plan.profiles, strict=True):
        profiles.create(
            *(wired.store, wired.plugins, made, each.settings),
            actor=wired.actor,
            now=wired.now(),
        )
        console.say(f"Profile {made} is made. Next: offhook profiles validate {made}")


def _settings_of(wired: Any, name: str) -> Mapping[str, str]:
    """Return as texts what a profile comes to."""
    with wired.store.read() as tx:
        profile = profiles.get(tx, name)
    found = resolving.resolve_for(profile, None, wired.plugins).settings
    return {key: each.show(getattr(found, key)) for key, each in describe(Settings).items()}


def _find_service(name: str) -> list[str]:
    return [f"{each.host}:{each.port}" for each in look_up_service(name)]


async def _try_all(wanted: Sequence[Attempt], advance: console.Advance) -> list[Outcome]:
    """Try all at once, and say how many are done."""
    tries = [
        asyncio.ensure_future(probe(each.probe, limit=PATIENCE, addresses=[each.address]))
        for each in wanted
    ]
    for done, each in enumerate(asyncio.as_completed(tries), 1):
        await each
        advance(done, len(tries))
    return [each.result() for each in tries]
