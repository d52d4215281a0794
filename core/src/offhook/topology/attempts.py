"""Which servers of a site are tried, at which address, under which name."""

from collections.abc import Iterator

from attrs import frozen

from offhook.model.probes import Probe
from offhook.topology.flows import CLIENT_SERVICE, SIP_PORTS
from offhook.topology.plans import Plan
from offhook.topology.sites import Node, Site

HTTPS = 443
_HEALTH = "/healthz"


@frozen(kw_only=True)
class Attempt:
    """One server that is tried at one ``address``, and what for."""

    probe: Probe
    address: str
    why: str


def attempts(plan: Plan, *, outside: bool, ca: str) -> list[Attempt]:
    """Return what can be tried from inside, or from *outside*; *ca* is that of `Probe`."""
    site = plan.site
    wanted = [*_at_offhook(site, outside, ca)]
    if not outside and plan.topology.clustered:
        wanted.append(_client_service(site, site.server.inside, ca))
    for node in site.gateways:
        wanted += _at_gateway(site, node, ca)
    return wanted


def _at_offhook(site: Site, outside: bool, ca: str) -> Iterator[Attempt]:
    address = site.offhook.outside if outside else site.offhook.inside
    if address:
        yield _downloads(site, address, site.offhook.port, ca)


def _at_gateway(site: Site, node: Node, ca: str) -> Iterator[Attempt]:
    if site.proxied:
        yield _encrypted(node.name, HTTPS, node.outside, "its own name", ca)
        yield _downloads(site, node.outside, HTTPS, ca)
    yield _client_service(site, node.outside, ca)
    if site.sip.transport == "tls":
        port = SIP_PORTS["tls"][1]
        for name in filter(None, (node.name, site.sip.shared_name)):
            yield _encrypted(name, int(port), node.outside, "SIP", ca)


def _downloads(site: Site, address: str, port: int, ca: str) -> Attempt:
    probe = Probe(scheme="https", host=site.offhook.name, port=port, path=_HEALTH, ca=ca)
    return Attempt(probe=probe, address=address, why="downloads")


def _client_service(site: Site, address: str, ca: str) -> Attempt:
    probe = Probe(scheme="wss", host=site.server.name, port=CLIENT_SERVICE, ca=ca)
    return Attempt(probe=probe, address=address, why="client service")


def _encrypted(name: str, port: int, address: str, why: str, ca: str) -> Attempt:
    return Attempt(probe=Probe(scheme="tls", host=name, port=port, ca=ca), address=address, why=why)
