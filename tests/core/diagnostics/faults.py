"""Every fault that is provoked, and the message as which it has to be recognised."""

from attrs import frozen

from tests.lab.network import BEHIND_ROUTER, BEHIND_ROUTER_6, NAME_SERVER, ROUTER, ROUTER_6

# What the name server answers in any case.
ANSWERS = {
    "nxdomain": "NXDOMAIN",
    "formerr": "FORMERR",
    "servfail": "SERVFAIL",
    "dns-refused": "REFUSED",
    "dns-silent": "silence",
}
# What names lead to.
ADDRESSES = {
    "ipv6-only": "2001:db8::9",
    "no-route": "198.51.100.9",
    "no-network": "203.0.113.9",
    "router": BEHIND_ROUTER,
    "router-ipv6": BEHIND_ROUTER_6,
}
ROUTERS = {"router": ROUTER, "router-ipv6": ROUTER_6}
# What nftables does with packets to it.
RULES = {
    "dropped": "drop",
    "given-up": "drop",
    "unreachable": "reject with icmpx host-unreachable",
    "prohibited": "reject with icmpx admin-prohibited",
    "rejected": "meta l4proto tcp reject with tcp reset",
}
# What has no address, and where nothing listens.
OTHERS = ("nodata", "dangling", "closed-port")
PLACES = (*ANSWERS, *ADDRESSES, *RULES, *OTHERS)
TABLE_1 = """
1.1 redirect redirect-name-unknown nxdomain
1.1 redirect redirect-name-unknown nodata
1.1 redirect redirect-name-unknown dangling
1.1 redirect redirect-name-unknown formerr
1.2 redirect redirect-dns-silent dns-silent
1.2 redirect redirect-dns-silent servfail
1.3 redirect redirect-dropped dropped
1.3 redirect redirect-dropped given-up
1.4 redirect redirect-refused closed-port
1.4 redirect redirect-refused rejected
1.5 redirect redirect-no-route no-route
1.5 redirect redirect-no-route unreachable
1.5 redirect redirect-no-route no-network
1.5 redirect redirect-no-route router
1.5 redirect redirect-no-route router-ipv6
1.6 redirect redirect-wrong-name wrong-name
1.7 redirect redirect-intercepted intercepted
1.7 redirect redirect-intercepted intercepted-with-root
1.7 redirect redirect-intercepted self-signed
"""
TABLE_2 = """
2.1 download download-name-unknown nxdomain
2.1 download download-name-unknown dns-silent
2.2 download download-no-route no-route
2.2 download download-no-route unreachable
2.2 download download-no-route prohibited
2.3 download download-silent dropped
2.3 download download-silent silent
2.3 download download-silent silent-when-asked
2.4 download download-unavailable status-503
2.5 download download-refused closed-port
2.5 download download-refused rejected
2.6 download download-bad-request status-400
2.7 download download-untrusted self-signed
2.7 download download-untrusted intercepted
2.8 download download-wrong-name wrong-name
2.9 download download-chain-incomplete no-intermediate
2.10 download download-not-found status-404
2.11 download download-unauthorized status-401
2.12 download download-host-invalid status-403
2.12 download download-host-invalid status-204
2.13 download download-expired expired
2.13 download download-expired expired-intermediate
"""
TABLE_3 = """
3.1 service service-name-unknown nxdomain
3.1 service service-name-unknown servfail
3.2 service service-refused closed-port
3.2 service service-refused rejected
3.3 service service-silent dropped
3.3 service service-silent silent
3.3 service service-silent silent-when-asked
3.4 service service-lost closes-after
3.4 service service-lost resets-after
3.4 service service-lost fails-after
3.4 service service-lost closes-when-asked
3.5 service service-self-signed self-signed
3.6 service service-untrusted intercepted
3.6 service service-untrusted intercepted-with-root
3.7 service service-chain-incomplete no-intermediate
3.8 service service-wrong-name wrong-name
3.9 service service-not-websocket status-200
3.9 service service-not-websocket wrong-accept
3.10 service service-expired expired
3.11 service service-reset resets
3.11 service service-reset resets-on-hello
3.11 service service-reset resets-when-asked
"""
FORGOTTEN = """
- redirect dns-refused dns-refused
- redirect expired expired
- redirect chain-incomplete no-intermediate
- redirect reset resets-on-hello
- redirect hung-up closes
- redirect silent silent
- redirect clock-wrong clock-behind
- download ipv6-only ipv6-only
- download captive-portal status-302
- download captive-portal status-511
- download clock-wrong clock-ahead
- download server-name-unknown unknown-name
- download tls-too-old old-tls
- download client-certificate-wanted client-certificate
- download proxy-between status-407
- download gateway-failed status-502
- download gateway-failed status-504
- download too-many-requests status-429
- download status status-500
- download no-tls plain
- download not-http no-http
- download hung-up closes-when-asked
- download reset resets-when-asked
- download not-yet-valid not-yet-valid
- download weak-certificate short-key
- service service-no-route no-route
- service ipv6-only ipv6-only
- service captive-portal status-302
- service clock-wrong clock-behind
- service tls-too-old old-tls
- service no-common-cipher old-ciphers
- service unusable-certificate wrong-purpose
- service no-tls plain
- service hung-up closes-on-hello
- service client-certificate-wanted client-certificate
"""
CLOCKS = {"clock-ahead": "+400d", "clock-behind": "-400d"}


@frozen
class Case:
    """
    A fault that *test* meets, and its message; ``row`` is its table and row at the vendor's.

    ``place`` is a fault of names or of the network, ``fault`` one of the simulated client service.
    """

    row: str
    test: str
    message: str
    place: str = ""
    fault: str = ""

    @property
    def address(self) -> str:
        """The address that it has for itself."""
        return f"10.77.1.{CASES.index(self) + 1}"

    @property
    def hop(self) -> str:
        """Who fails: a name server, a router, or the host itself."""
        if self.place in ANSWERS or self.place in ("nodata", "dangling"):
            return NAME_SERVER
        return ROUTERS.get(self.place) or ADDRESSES.get(self.place, self.address)

    @property
    def host(self) -> str:
        """Its own name: letters, digits and lines."""
        return f"{self.test}-{self.message}-{self.place or self.fault}.lab.test"


def _cases(*lines: str) -> list[Case]:
    """Read a case from each line: row, test, message, how it is provoked."""
    return [_case(*line.split()) for text in lines for line in text.strip().splitlines()]


def _case(row: str, test: str, message: str, how: str) -> Case:
    if how in PLACES:
        return Case(row, test, message, place=how)
    return Case(row, test, message, fault=how.removeprefix("status-"))


CASES = _cases(TABLE_1, TABLE_2, TABLE_3, FORGOTTEN)
