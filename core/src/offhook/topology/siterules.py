"""What a site must hold for a set-up, and what cannot be beside each other."""

from collections import Counter
from collections.abc import Iterator

from offhook.errors import Problem
from offhook.topology.sites import Node, Site, is_example, is_public
from offhook.topology.topologies import Topology


def check(site: Site, topology: Topology) -> Iterator[Problem]:
    """Yield every mistake of a *site* that is to be a *topology*."""
    yield from _check_clustered(site) if topology.clustered else _check_all_in_one(site)
    yield from _check_addresses(site)
    yield from _check_names(site)
    outer = site.cluster.outer or topology.outer_zone
    if topology.clustered and site.cluster.inner == outer:
        yield Problem("cluster: outer", outer, "use another zone than the server's")


def _check_clustered(site: Site) -> Iterator[Problem]:
    if not site.mbgs:
        yield Problem("mbg", "", "missing: add a table [[mbg]] for each border gateway")
    if site.server.outside:
        yield Problem(
            "server: outside", site.server.outside, "leave it out: this server is on the LAN only"
        )
    for number, each in enumerate(site.mbgs, 1):
        if not each.outside:
            yield Problem(f"mbg {number}: outside", "", "missing: the internet must reach it")


def _check_all_in_one(site: Site) -> Iterator[Problem]:
    if site.mbgs:
        yield Problem(
            "mbg",
            ", ".join(each.name for each in site.mbgs),
            "leave it out: on the edge the server is its own gateway; for more use lan-edge",
        )
    if not site.server.outside:
        yield Problem("server: outside", "", "missing: the public address of its WAN adapter")
    if not site.offhook.outside:
        yield Problem(
            "offhook: outside",
            "",
            "missing: no web proxy is supported on the edge server, so that downloads need a "
            "public address of their own",
        )
    if site.sip.shared_name:
        yield Problem(
            "sip: shared_name", site.sip.shared_name, "leave it out: there is one gateway only"
        )


def _check_addresses(site: Site) -> Iterator[Problem]:
    places = ["server", "offhook", *(where for where, _ in _numbered(site.mbgs))]
    machines = zip(places, site.machines, strict=True)
    pairs = [(where, each.inside, each.outside) for where, each in machines]
    for where, _, outside in pairs:
        if outside and not is_public(outside) and not is_example(outside):
            yield Problem(
                f"{where}: outside", outside, "not public: use the address that the internet knows"
            )
    used = Counter(address for _, *both in pairs for address in {*both})
    for where, *both in pairs:
        for field, address in zip(("inside", "outside"), both, strict=True):
            twice = used[address] > 1 or (field == "outside" and address == both[0])
            if address and twice:
                yield Problem(f"{where}: {field}", address, "used twice: give each its own")


def _check_names(site: Site) -> Iterator[Problem]:
    names = {"server: name": site.server.name, "offhook: name": site.offhook.name}
    names |= {f"{where}: name": each.name for where, each in _numbered(site.mbgs)}
    if site.sip.shared_name:
        names["sip: shared_name"] = site.sip.shared_name
    used = Counter(names.values())
    for where, name in names.items():
        if name and used[name] > 1:
            yield Problem(where, name, "used twice: each is to lead to another machine")
    if site.sip.srv and not site.sip.shared_name:
        yield Problem("sip: srv", "on", "needs a shared_name: the name with the SRV records")


def _numbered(mbgs: tuple[Node, ...]) -> list[tuple[str, Node]]:
    return [(f"mbg {number}", each) for number, each in enumerate(mbgs, 1)]
