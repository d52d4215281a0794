"""The three reference set-ups."""

from attrs import frozen

from offhook.errors import UnknownName
from offhook.topology import departures, steps, unseen
from offhook.topology.departures import EVERYWHERE, Departure
from offhook.topology.steps import Step
from offhook.topology.unseen import Unseen


@frozen(kw_only=True)
class Topology:
    """
    A reference set-up: where its machines stand, and what has to be done and known.

    ``gateway_mode`` is empty where the server is its own gateway. With ``on_edge`` gateways have an
    adapter on the internet, and open by themselves what phones need.
    """

    name: str
    label: str
    about: str
    server_mode: str
    gateway_mode: str = ""
    outer_zone: str = ""
    on_edge: bool = False
    steps: tuple[Step, ...]
    unseen: tuple[Unseen, ...]
    departures: tuple[Departure, ...]

    @property
    def clustered(self) -> bool:
        """Whether MBGs of their own form a cluster with the server's."""
        return bool(self.gateway_mode)


_CLUSTERED = (
    *steps.SET_UP_MBGS,
    *steps.SET_UP_OFFHOOK,
    *steps.CERTIFY,
    *steps.CERTIFY_MBGS,
    *steps.OPEN_WAYS,
    *steps.CLUSTER,
    *steps.CONNECT,
    *steps.DEPLOY,
)
LAN_DMZ = Topology(
    name="lan-dmz",
    label="Server on the LAN, MBGs in the DMZ",
    about="A firewall with three legs; it leads the MBGs' public addresses into the DMZ.",
    server_mode="Server-only on LAN",
    gateway_mode="Server-only on network DMZ",
    outer_zone="DMZ",
    steps=(*steps.INSTALL_ON_LAN, *steps.INSTALL_IN_DMZ, *_CLUSTERED),
    unseen=(*unseen.EVERYWHERE, *unseen.CLUSTERED),
    departures=(
        *EVERYWHERE,
        departures.LOCAL_CONNECTION,
        departures.DMZ_MODE,
        departures.NO_CONNECTOR,
    ),
)
LAN_EDGE = Topology(
    name="lan-edge",
    label="Server on the LAN, MBGs on the network edge",
    about="The MBGs have one adapter on the LAN and one on the internet, beside the firewall.",
    server_mode="Server-only on LAN",
    gateway_mode="Server-gateway on network edge",
    outer_zone="Edge",
    on_edge=True,
    steps=(*steps.INSTALL_ON_LAN, *steps.INSTALL_ON_EDGE, *_CLUSTERED),
    unseen=(*unseen.EVERYWHERE, *unseen.CLUSTERED, *unseen.ON_EDGE),
    departures=(
        *EVERYWHERE,
        departures.LOCAL_CONNECTION,
        departures.EDGE_MODE,
        departures.SERVER_PLACE,
        departures.LOST_STEPS,
    ),
)
EDGE = Topology(
    name="edge",
    label="All on the network edge",
    about="The server is its own gateway, one adapter on the LAN, one on the internet.",
    server_mode="Server-gateway on network edge",
    on_edge=True,
    steps=(
        *steps.SET_UP_ALL_IN_ONE,
        *steps.SET_UP_OFFHOOK,
        *steps.CERTIFY,
        *steps.OPEN_WAYS,
        *steps.CONNECT,
        *steps.DEPLOY,
    ),
    unseen=(*unseen.EVERYWHERE, *unseen.ON_EDGE),
    departures=(
        *EVERYWHERE,
        departures.NO_PROXY,
        departures.NO_CLUSTER,
        departures.TLS_FOR_ALL,
        departures.OPEN_BY_ITSELF,
    ),
)
TOPOLOGIES = {each.name: each for each in (LAN_DMZ, LAN_EDGE, EDGE)}


def named(name: str) -> Topology:
    """Return the set-up of that name; raises `UnknownName`."""
    if name not in TOPOLOGIES:
        raise UnknownName("topology", name, tuple(TOPOLOGIES))
    return TOPOLOGIES[name]
