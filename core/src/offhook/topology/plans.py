"""A plan: what a set-up asks of one site, in its own names and addresses."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from attrs import frozen

from offhook.topology import flows
from offhook.topology.flows import Rule, Translation
from offhook.topology.sites import Node, Site
from offhook.topology.steps import Step
from offhook.topology.topologies import Topology

# RFC 3263, section 4.1: the service for each SIP transport.
SERVICES = {"tls": "_sips._tcp", "tcp": "_sip._tcp", "udp": "_sip._udp"}
_SYSTEMS = {"server": "{server}", "offhook": "offhook", "firewall": "firewall", "dns": "DNS"}


@frozen(kw_only=True)
class PlannedStep:
    """One thing to do at one system."""

    number: int
    stage: str
    system: str
    text: str


@frozen(kw_only=True)
class Name:
    """What a name has to resolve to, inside and on the internet; with ``srv`` to HOST:PORT."""

    name: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    why: str
    srv: bool = False


@frozen(kw_only=True)
class Certificate:
    """The names that a machine's certificate has to hold."""

    system: str
    names: tuple[str, ...]


@frozen(kw_only=True)
class PlannedProfile:
    """What a profile says for the phones of one name; ``suffix`` tells it from others."""

    host: str
    suffix: str
    settings: Mapping[str, str]


@frozen(kw_only=True)
class Plan:
    """Everything that a set-up asks of a site."""

    topology: Topology
    site: Site
    services: tuple[str, ...]
    steps: tuple[PlannedStep, ...]
    rules: tuple[Rule, ...]
    translations: tuple[Translation, ...]
    names: tuple[Name, ...]
    certificates: tuple[Certificate, ...]
    profiles: tuple[PlannedProfile, ...]
    remarks: tuple[str, ...]


def make(topology: Topology, site: Site, services: Sequence[str] = ()) -> Plan:
    """
    Return what *topology* asks of *site*.

    *services* are the redirect and diagnostics hosts that offhook is connected to; those of the
    site's file come first.
    """
    hosts = tuple(dict.fromkeys([*site.network.redirect, *services]))
    return Plan(
        topology=topology,
        site=site,
        services=hosts,
        steps=tuple(_steps(topology, site, hosts)),
        rules=tuple(flows.rules(topology, site, hosts)),
        translations=tuple(flows.translations(topology, site)),
        names=tuple(_names(topology, site)),
        certificates=tuple(_certificates(site)),
        profiles=tuple(_profiles(site)),
        remarks=tuple(_remarks(site, hosts)),
    )


def _steps(topology: Topology, site: Site, services: Sequence[str]) -> Iterator[PlannedStep]:
    """Yield what is wanted here, each MBG done with a run of steps before the next is begun."""
    gaps = words(topology, site, services)
    wanted = [each for each in topology.steps if _is_wanted(each, site, services)]
    runs = groupby(wanted, key=lambda step: (step.stage, step.system))
    done = [
        (step, node)
        for (_, system), run in runs
        for steps in [list(run)]
        for node in _nodes(system, site)
        for step in steps
    ]
    for number, (step, node) in enumerate(done, 1):
        own = {"mbg_inside": node.inside, "mbg_outside": node.outside} if node else {}
        yield PlannedStep(
            number=number,
            stage=step.stage,
            system=node.name if node else _SYSTEMS[step.system].format(**gaps),
            text=step.text.format(**gaps, **own),
        )


def _is_wanted(step: Step, site: Site, services: Sequence[str]) -> bool:
    holds = {"": True, "proxied": site.proxied, "services": bool(services)}
    return holds[step.only]


def _nodes(system: str, site: Site) -> Sequence[Node | None]:
    return site.mbgs if system == "mbg" else (None,)


def words(topology: Topology, site: Site, services: Sequence[str]) -> dict[str, str]:
    """Return what the gaps in texts stand for at *site*."""
    server, offhook = site.server, site.offhook
    return {
        "topology": topology.name,
        "server": server.name,
        "server_inside": server.inside,
        "server_outside": server.outside,
        "gateways": ", ".join(site.own_names),
        "rtp": site.sip.rtp,
        "server_mode": topology.server_mode,
        "gateway_mode": topology.gateway_mode,
        "offhook": offhook.name,
        "offhook_inside": offhook.inside,
        "public": _with_port(offhook.name, offhook.port),
        "listen": f"{_bracketed(offhook.inside)}:{offhook.port}",
        "proxies": ", ".join(f'"{each.inside}"' for each in site.gateways),
        "transport": site.sip.transport.upper(),
        "uri_names": ", ".join(filter(None, (server.name, site.sip.shared_name))),
        "names": ",".join(dict.fromkeys(n for each in _certificates(site) for n in each.names)),
        "services": ", ".join(services),
        "first_inside": site.gateways[0].inside,
        "inner": site.cluster.inner,
        "outer": site.cluster.outer or topology.outer_zone,
    }


def _with_port(name: str, port: int) -> str:
    return name if port == 443 else f"{name}:{port}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _names(topology: Topology, site: Site) -> Iterator[Name]:
    """Yield what names lead to: outside to the gateways, and registrars inside, too."""
    outer = tuple(each.outside for each in site.gateways)
    server, offhook = site.server, site.offhook
    downloads = (offhook.outside,) if offhook.outside else outer
    yield Name(name=offhook.name, inside=(offhook.inside,), outside=downloads, why="downloads")
    at_server = (server.inside,) if topology.clustered else outer
    yield Name(name=server.name, inside=at_server, outside=outer, why="client service")
    for each in site.mbgs:
        own = (each.outside,)
        yield Name(name=each.name, inside=own, outside=own, why="phones, inside and outside")
    if site.sip.shared_name and site.sip.srv:
        port = flows.SIP_PORTS[site.sip.transport][1]
        targets = tuple(f"{each.name}:{port}" for each in site.gateways)
        name = f"{SERVICES[site.sip.transport]}.{site.sip.shared_name}"
        yield Name(name=name, inside=targets, outside=targets, why="DNS SRV: phones", srv=True)
    elif site.sip.shared_name:
        name = site.sip.shared_name
        yield Name(name=name, inside=outer, outside=outer, why="phones, inside and outside")


def _certificates(site: Site) -> Iterator[Certificate]:
    server, offhook = site.server.name, site.offhook.name
    yield Certificate(system=server, names=(server,))
    for each in site.mbgs:
        names = (each.name, site.sip.shared_name, server, offhook if site.proxied else "")
        yield Certificate(system=each.name, names=tuple(filter(None, names)))
    yield Certificate(system=offhook, names=(offhook,))


def _profiles(site: Site) -> Iterator[PlannedProfile]:
    for host in site.outer_hosts:
        suffix = f"-{host.partition('.')[0]}" if len(site.outer_hosts) > 1 else ""
        yield PlannedProfile(host=host, suffix=suffix, settings=_settings(site, host))


def _settings(site: Site, host: str) -> dict[str, str]:
    found = {
        "use_teleworker": "on",
        "gateway_host": host,
        "gateway_transport": site.sip.transport,
        "webrtc_host": site.own_names[0] if site.sip.srv else host,
        "download_host": _with_port(site.offhook.name, site.offhook.port),
        "client_service_host": site.server.name,
    }
    return found | ({"gateway_srv": "on"} if site.sip.srv else {})


def _remarks(site: Site, services: Sequence[str]) -> Iterator[str]:
    """Yield what to think over in a site that can be planned all the same."""
    transport = site.sip.transport
    if transport == "udp" and site.sip.shared_name and len(site.gateways) > 1:
        yield "SIP over UDP: none of the MBGs stands in for another; that takes TLS or TCP."
    if transport != "tls":
        yield f"SIP travels in clear over {transport.upper()}: TLS is recommended."
    if transport == "tcp":
        yield "Some Android phones cannot use SIP over TCP: TLS suits all."
    if not services:
        yield (
            "No redirect or diagnostics service is known: if you use one, name it in the site "
            "file, [network] redirect."
        )
