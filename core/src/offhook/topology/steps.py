"""What has to be done at which system, in which order: texts with gaps for a site's own names."""

from typing import Literal

from attrs import frozen

Stage = Literal["install", "certificates", "names", "firewall", "cluster", "connect", "deploy"]
System = Literal["server", "mbg", "offhook", "firewall", "dns"]
Only = Literal["", "proxied", "services"]


@frozen
class Step:
    """
    One thing to do; a step of ``mbg`` is done at each of them, and may name its addresses.

    ``only`` says for which sites: where downloads pass through the MBGs, where there are redirect
    and diagnostics services.
    """

    stage: Stage
    system: System
    text: str
    only: Only = ""


_SIP = (
    "System Configuration > Settings: SIP support {transport}, as in the profiles; SIP TLS "
    "certificate: Web server, which fits CA type public."
)
_NAMES = "There, too, Allowed URI names: {uri_names}."
_CONNECTOR = (
    "Service configuration > Application integration: client connector enabled, host {server}."
)

INSTALL_ON_LAN = (
    Step(
        "install",
        "server",
        "Install the operating system with one adapter, Local: {server_inside}. Enter its ARID, "
        "then install the applications.",
    ),
    Step("install", "server", "Network mode: {server_mode}. Clusters need it."),
    Step("install", "server", "No web proxy on this machine: it is not supported here."),
)
INSTALL_IN_DMZ = (
    Step(
        "install",
        "mbg",
        "Install the operating system with one adapter, Local: {mbg_inside}. Enter its ARID. "
        "{server_inside} must be routable from here.",
    ),
)
INSTALL_ON_EDGE = (
    Step(
        "install",
        "mbg",
        "Install the operating system with two adapters, Local: {mbg_inside}, WAN: {mbg_outside}, "
        "without NAT in front. Enter its ARID. {server_inside} must be routable from here.",
    ),
)
SET_UP_MBGS = (
    Step("install", "mbg", "Give it the version that every MBG has, the server's own included."),
    Step("install", "mbg", "System Configuration > Network Profiles: {gateway_mode}, Apply."),
    Step("install", "mbg", _SIP),
    Step("install", "mbg", _NAMES),
    Step(
        "install",
        "mbg",
        "Remote proxy services > Add new LAN server proxy: WAN side {offhook}, LAN side "
        "{offhook_inside}, all paths; enable it, save.",
        only="proxied",
    ),
    Step("install", "mbg", _CONNECTOR),
)
SET_UP_ALL_IN_ONE = (
    Step(
        "install",
        "server",
        "Install the operating system with two adapters, Local: {server_inside}, WAN: "
        "{server_outside}, a public address without NAT in front. Enter its ARID, then install "
        "the applications.",
    ),
    Step("install", "server", "System Configuration > Network Profiles: {server_mode}, Apply."),
    Step("install", "server", _SIP),
    Step("install", "server", _NAMES),
    Step("install", "server", "No web proxy on this machine: it is not supported here."),
    Step("install", "server", _CONNECTOR),
)
SET_UP_OFFHOOK = (
    Step(
        "install",
        "offhook",
        'offhook.toml: public_url = "https://{public}", downloads_listen = "{listen}"; then '
        "restart offhook serve.",
    ),
    Step(
        "install",
        "offhook",
        "offhook.toml: trusted_proxies = [{proxies}], so that clients' own addresses are seen.",
        only="proxied",
    ),
)
CERTIFY = (
    Step(
        "certificates",
        "offhook",
        "Order a certificate of a public authority, and install it: offhook certs csr "
        "common_name={offhook}, offhook certs install FILE. One for all machines: names={names}",
    ),
    Step(
        "certificates",
        "server",
        "Security > Web Server: request a certificate for its names below, or take the one for "
        "all; install it with its intermediates, then restart the machine.",
    ),
)
CERTIFY_MBGS = (
    Step(
        "certificates",
        "mbg",
        "Security > Web Server: request a certificate for its names below, or take the one for "
        "all; install it with its intermediates, then restart the machine: until then port 36008 "
        "shows the old one.",
    ),
)
OPEN_WAYS = (
    Step("names", "dns", "Enter the names below, inside and outside."),
    Step("firewall", "firewall", "Allow what is listed below; --nftables prints it for nft."),
    Step(
        "firewall",
        "firewall",
        "Except {services} from geofencing, on port 443, in both directions.",
        only="services",
    ),
)
CLUSTER = (
    Step("cluster", "server", "In its own MBG: create a cluster, peer {first_inside}: the master."),
    Step("cluster", "mbg", "Join the cluster, peer {server_inside}: a slave."),
    Step(
        "cluster",
        "server",
        "Synchronise: the slaves get the master's data. Add each further MBG as a slave first.",
    ),
    Step("cluster", "server", "Weight of every node: 100."),
    Step(
        "cluster",
        "server",
        "Rename the zone Default to {inner}: this node is in it, its backup zone is {outer}. Add "
        "the zone {outer}.",
    ),
    Step("cluster", "mbg", "Put this node into the zone {outer}; its backup zone is {inner}."),
    Step(
        "cluster",
        "server",
        "Lead devices on the LAN to the zone {inner}, devices on the internet to {outer}.",
    ),
)
CONNECT = (
    Step(
        "connect",
        "server",
        "In its own MBG: start the web services and add a consumer for offhook.",
    ),
    Step(
        "connect",
        "offhook",
        "offhook connections add local --plugin mbg --local host={server} consumer_id=offhook "
        "consumer_secret=-",
    ),
    Step("connect", "offhook", "offhook connections authorize local (approve it at {server})"),
)
DEPLOY = (
    Step(
        "deploy",
        "offhook",
        "Make the profile with the settings below: offhook topology plan {topology} --site "
        "site.toml --create-profile NAME",
    ),
    Step("deploy", "offhook", "offhook topology check {topology} --site site.toml --profile NAME"),
    Step("deploy", "offhook", "Import users, give them the profile: offhook users assign"),
)
