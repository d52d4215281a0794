"""Where we depart from the vendor's deployment guide, or it from itself, and what we do there."""

from attrs import frozen


@frozen
class Departure:
    """What the guide says, and what is done here instead, with the reason."""

    code: str
    guide: str
    here: str


OWN_MACHINE = Departure(
    "own-machine",
    "Client deployment runs on the UC server itself.",
    "offhook is a machine of its own on the LAN: proxies, rules and names lead to it. That a LAN "
    "server proxy passes all paths to a server that is not the vendor's is assumed; where it does "
    "not, give offhook a public address of its own (outside).",
)
CERTIFICATES_FIRST = Departure(
    "certificates-first",
    "The certificate is the last of its steps.",
    "It comes before cluster and connections: offhook verifies whom it connects to.",
)
OWN_KEYS = Departure(
    "own-keys",
    "One certificate with its key is copied to every server.",
    "That works. Names are listed for each machine, so that each may have a key of its own, which "
    "never travels.",
)
OTHER_PORTS = Departure(
    "other-ports",
    "It names ports 443 and 36008, and for all others the vendor's engineering guidelines.",
    "The others are listed as they are usual: SIP, audio and video, cluster. Compare them with the "
    "guidelines of your version.",
)
SERVICES = Departure(
    "redirect-hosts",
    "Its firewall steps let the server reach two redirect servers, in one of the set-ups not even "
    "these; its note on geofencing has a third host, and both directions.",
    "Every redirect and diagnostics host is listed on 443 in both directions, in all three.",
)
TWO_NAMES = Departure(
    "two-names",
    "Downloads may use the MBG's name. Yet inside, the download host should lead to the server, "
    "and the MBG's name outside.",
    "One name cannot do both: downloads have a name of their own.",
)
LOCAL_CONNECTION = Departure(
    "local-connection",
    "The steps want a connection and a profile for every outer MBG; the profile's own help prefers "
    "the local MBG where a cluster shares its data.",
    "One connection, to the local MBG, and the outer name in the profile. A connection to an outer "
    "MBG is for those that share no data. Several MBGs without a shared name: a profile for each.",
)
URI_NAMES = Departure(
    "uri-names",
    "The same field is called Allowed URI names and Allowed URL names.",
    "It is Allowed URI names, and holds any name that several MBGs share.",
)
DMZ_MODE = Departure(
    "dmz-mode",
    "The mode of an MBG in the DMZ is Server-only on DMZ in one place, Server-only on network DMZ "
    "in another.",
    "Both are meant to be the latter, which is what the page offers.",
)
NO_CONNECTOR = Departure(
    "client-connector",
    "With an MBG in the DMZ nobody switches the client connector on; its third test needs it.",
    "It is on in all three.",
)
EDGE_MODE = Departure(
    "edge-mode",
    "An MBG on the edge is to be Server-only by the conditions, Server-gateway by the steps.",
    "Server-gateway: two adapters need it.",
)
SERVER_PLACE = Departure(
    "server-place",
    "With the MBGs on the edge, one step installs the server on the edge, too, with a Local "
    "adapter only.",
    "The server is on the LAN, as the conditions say.",
)
LOST_STEPS = Departure(
    "lost-steps",
    "With the MBGs on the edge, the steps of the cluster stand where connections and profiles "
    "belong, and those are missing; licences and certificates are said to be for the DMZ.",
    "Connections and profiles are as with the DMZ; what is said of the DMZ holds for the edge.",
)
NO_PROXY = Departure(
    "no-proxy-on-edge",
    "A LAN server proxy is set up on the edge server, although no web proxy is supported there.",
    "None: offhook has a public address of its own, which the firewall leads to it.",
)
NO_CLUSTER = Departure(
    "no-cluster-on-edge",
    "The profile of the edge server speaks of several MBGs behind one name; clusters need a server "
    "on the LAN.",
    "The edge server is its only gateway.",
)
TLS_FOR_ALL = Departure(
    "tls-for-all",
    "On the edge iPhones must have TCP, most Android phones TLS, and TLS is recommended.",
    "TLS for all; TCP for iPhones is an old note of the vendor, and is not enforced.",
)
OPEN_BY_ITSELF = Departure(
    "open-by-itself",
    "The firewall step of the edge server is about the DMZ, and for reference only.",
    "What a machine on the edge opens by itself is listed as such, not as a rule.",
)

EVERYWHERE = (
    OWN_MACHINE,
    CERTIFICATES_FIRST,
    OWN_KEYS,
    OTHER_PORTS,
    SERVICES,
    TWO_NAMES,
    URI_NAMES,
)
