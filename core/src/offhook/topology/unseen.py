"""What cannot be checked from here, and has to be looked at where it is."""

from attrs import frozen


@frozen
class Unseen:
    """Something to look at, and where; ``place`` and ``text`` have gaps as steps have."""

    place: str
    text: str


EVERYWHERE = (
    Unseen("{server}", "No web proxy runs on it."),
    Unseen("{gateways}", "Client connector enabled, host {server}."),
    Unseen("{gateways}", "Allowed URI names hold {uri_names}."),
    Unseen("firewall", "UDP {rtp} from the internet is open whole: half of it is one-way audio."),
    Unseen("firewall", "{services} is excepted from geofencing on port 443, in both directions."),
)
CLUSTERED = (
    Unseen("{gateways}", "{server_inside} is routable from there: TCP 443, 36008 and 6809."),
    Unseen("{server}", "Its node is in the zone {inner}, whose backup zone is {outer}."),
    Unseen("{gateways}", "These nodes are in the zone {outer}, whose backup zone is {inner}."),
    Unseen(
        "the cluster",
        "offhook connections check NAME asks its gateway for versions, zones and weights.",
    ),
)
ON_EDGE = (Unseen("{gateways}", "Two adapters, Local and WAN, and no NAT in front of WAN."),)
