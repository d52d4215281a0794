"""What has to pass between a site's machines, and through which firewall."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from offhook.topology.sites import Site
from offhook.topology.topologies import Topology

SIP_PORTS = {"tls": ("tcp", "5061"), "tcp": ("tcp", "5060"), "udp": ("udp", "5060")}
CLIENT_SERVICE = 36008
FIREWALL = "firewall"
_GEOFENCING = "except it from geofencing"


@frozen
class Flow:
    """
    One kind of traffic between places: those of `places`, by name.

    ``ports`` may be sip, rtp or downloads: those that the site says.
    """

    source: str
    target: str
    protocol: str
    ports: str
    why: str
    hint: str = ""


PROXIED = (
    Flow("internet", "outer", "tcp", "443", "clients fetch configurations"),
    Flow("gateways", "offhook", "tcp", "downloads", "LAN server proxy: configurations"),
    Flow("services", "outer", "tcp", "443", "tests of downloads", _GEOFENCING),
    Flow("offhook", "outer", "tcp", "443", "checks"),
)
DIRECT = (
    Flow("internet", "offhook", "tcp", "downloads", "clients fetch configurations"),
    Flow("services", "offhook", "tcp", "downloads", "tests of downloads", _GEOFENCING),
)
FLOWS = (
    Flow("offhook", "services", "tcp", "443", "routes, mails, tests", _GEOFENCING),
    Flow("internet", "outer", "tcp", "36008", "client service, and its tests"),
    Flow("internet", "outer", "sip", "sip", "phones outside register and call"),
    Flow("internet", "outer", "udp", "rtp", "their audio and video"),
    Flow("lan", "outer", "sip", "sip", "the same phones while they are inside"),
    Flow("lan", "outer", "udp", "rtp", "audio and video of phones inside"),
    Flow("lan", "gateways", "udp", "rtp", "audio and video of calls to phones outside"),
    Flow("gateways", "lan", "udp", "1024-65535", "audio and video: phones choose their ports"),
    Flow("gateways", "pbx", "tcp", "5060-5061", "SIP to the PBX"),
    Flow("gateways", "pbx", "udp", "5060", "SIP to the PBX"),
    Flow("pbx", "gateways", "tcp", "5060-5061", "SIP from the PBX"),
    Flow("pbx", "gateways", "udp", "5060", "SIP from the PBX"),
    Flow("gateways", "server", "tcp", "443", "web services of the server"),
    Flow("gateways", "server", "tcp", "36008", "client connector to client service"),
    Flow("gateways", "server", "tcp", "6809", "cluster"),
    Flow("server", "gateways", "tcp", "6809", "cluster"),
    Flow("offhook", "server", "tcp", "443", "web services: credentials"),
    Flow("offhook", "outer", "tcp", "36008", "checks"),
    Flow("offhook", "outer", "sip", "sip", "checks"),
    Flow("gateways", "dns", "udp", "53", "names"),
    Flow("gateways", "dns", "tcp", "53", "names"),
)


@frozen(kw_only=True)
class Place:
    """Where traffic comes from or goes to: addresses, none meaning any, or ``hosts`` by name."""

    label: str
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@frozen(kw_only=True)
class Rule:
    """
    What has to be allowed.

    ``at`` is the firewall, or the machine on the edge that allows it by itself.
    """

    source: Place
    target: Place
    protocol: str
    ports: str
    why: str
    hint: str
    at: str


@frozen(kw_only=True)
class Translation:
    """A public address that the firewall leads to a machine inside, and back."""

    machine: str
    outside: str
    inside: str


def rules(topology: Topology, site: Site, services: Sequence[str]) -> list[Rule]:
    """Return what has to be allowed at a *site*; *services* are redirect and diagnostics hosts."""
    found = places(topology, site, services)
    made: dict[object, Rule] = {}
    for flow in (*(PROXIED if site.proxied else DIRECT), *FLOWS):
        if _is_there(flow, found):
            rule = _rule(flow, found, topology, site)
            made.setdefault((rule.source, rule.target, rule.protocol, rule.ports), rule)
    return list(made.values())


def inner_networks(site: Site) -> tuple[str, ...]:
    """Return where nothing is translated: the networks inside, and every machine's own address."""
    own = (each.inside for each in site.machines)
    return (*site.network.lan, *site.network.pbx, *site.network.dns, *own)


def translations(topology: Topology, site: Site) -> list[Translation]:
    """Return the public addresses that the firewall has to lead inside."""
    behind = [] if topology.on_edge else list(site.gateways)
    found = [(each.name, each.outside, each.inside) for each in behind]
    if site.offhook.outside:
        found.append((site.offhook.name, site.offhook.outside, site.offhook.inside))
    return [Translation(machine=name, outside=out, inside=into) for name, out, into in found]


def places(topology: Topology, site: Site, services: Sequence[str]) -> Mapping[str, Place]:
    """
    Return what the places of flows are at *site*.

    A firewall sees the addresses inside, except of a gateway on the edge as phones reach it.
    """
    names = "MBGs" if len(site.gateways) > 1 else site.own_names[0]
    inside = tuple(each.inside for each in site.gateways)
    outer = tuple(each.outside for each in site.gateways) if topology.on_edge else inside
    server = (site.server.inside,) if topology.clustered else outer
    return {
        "internet": Place(label="internet"),
        "lan": Place(label="LAN", addresses=site.network.lan),
        "gateways": Place(label=names, addresses=inside),
        "outer": Place(label=names, addresses=outer),
        "server": Place(label=site.server.name, addresses=server),
        "offhook": Place(label=site.offhook.name, addresses=(site.offhook.inside,)),
        "pbx": Place(label="PBX", addresses=site.network.pbx),
        "dns": Place(label="DNS", addresses=site.network.dns),
        "services": Place(label=", ".join(services), hosts=tuple(services)),
    }


def _is_there(flow: Flow, found: Mapping[str, Place]) -> bool:
    """Whether both ends exist, and are not the same: only the internet has no address."""
    ends = [found[each] for each in (flow.source, flow.target) if each != "internet"]
    is_inner = len({each.label for each in ends}) < len(ends)
    return not is_inner and all(each.addresses or each.hosts for each in ends)


def _rule(flow: Flow, found: Mapping[str, Place], topology: Topology, site: Site) -> Rule:
    protocol, sip = SIP_PORTS[site.sip.transport]
    ports = {"sip": sip, "rtp": site.sip.rtp, "downloads": str(site.offhook.port)}
    outer = flow.source in ("internet", "services") and flow.target == "outer"
    return Rule(
        source=found[flow.source],
        target=found[flow.target],
        protocol=protocol if flow.protocol == "sip" else flow.protocol,
        ports=ports.get(flow.ports, flow.ports),
        why=flow.why,
        hint=flow.hint,
        at=found["outer"].label if outer and topology.on_edge else FIREWALL,
    )
