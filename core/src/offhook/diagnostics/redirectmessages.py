"""What the first test may say: this server tries to reach the redirect service."""

from offhook.diagnostics.messages import (
    DNS_SILENT,
    DROPPED,
    NAME_UNKNOWN,
    NO_ROUTE,
    REFUSED,
    UNTRUSTED,
    WRONG_NAME,
    Message,
)

_BETWEEN = (
    "Something on the way ends the encryption and shows a certificate of its own: a proxy that "
    "looks into TLS, a firewall that inspects it, or an attacker. The redirect service would be "
    "told of deployments through it, so nothing is sent."
)
_EXEMPT = (
    "Exempt {host}, port {port}, from TLS inspection for this server; see who issued what is "
    "shown: offhook certs inspect {host}:{port}"
)

MESSAGES = (
    Message(
        code="redirect-name-unknown",
        met=NAME_UNKNOWN,
        summary="No address is known for {host}: {detail}",
        meaning="This server's DNS does not know the redirect service, so mails that it sends for "
        "us stay here, and no link can lead through it.",
        action="Correct host in the connection, or let this server ask a DNS server that resolves "
        "names of the internet; after a change of /etc/resolv.conf, restart the service.",
        pasted=("errno -2", "connectionerror"),
    ),
    Message(
        code="redirect-dns-silent",
        met=DNS_SILENT,
        summary="DNS cannot tell the address of {host}: {detail}",
        meaning="The DNS server that this machine asks is away, or cannot ask any other.",
        action="Check the nameserver lines of /etc/resolv.conf, and that UDP and TCP port 53 are "
        "open from here to them and from them to the internet.",
        pasted=("errno -3", "connectionerror"),
    ),
    Message(
        code="redirect-dropped",
        met=DROPPED,
        summary="Nothing comes back from {hop}.",
        meaning="Packets to the redirect service are dropped on the way without a word: that is "
        "what a firewall does.",
        action="Allow TCP from this server to {host}, port {port}, and the answers back.",
        pasted=("errno 110", "connectionerror"),
    ),
    Message(
        code="redirect-refused",
        met=REFUSED,
        summary="{hop} refuses the connection.",
        meaning="A firewall rejects it, or no redirect service listens there.",
        action="Check host in the connection and the firewall's rules for outgoing connections; "
        "ask the service's operator whether it runs.",
        pasted=("errno 111", "connectionerror"),
    ),
    Message(
        code="redirect-no-route",
        met=NO_ROUTE,
        summary="There is no way to {hop} ({detail}).",
        meaning="This machine or a router on the way has no route to the redirect service, or is "
        "told to reject it.",
        action="Check this machine's address, netmask and default route: ip route get ADDRESS.",
        pasted=("errno 113", "connectionerror"),
    ),
    Message(
        code="redirect-wrong-name",
        met=WRONG_NAME,
        summary="{hop} shows a certificate that is made for another name than {host}.",
        meaning=_BETWEEN,
        action=_EXEMPT,
        pasted=("doesn't match", "sslerror"),
    ),
    Message(
        code="redirect-intercepted",
        met=UNTRUSTED,
        summary="{hop} shows a certificate of an authority that is not trusted here ({detail}).",
        meaning=_BETWEEN,
        action=_EXEMPT,
        pasted=("get_server_certificate", "verify failed"),
    ),
)
