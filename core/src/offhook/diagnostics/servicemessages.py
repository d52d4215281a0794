"""What the third test may say: a client tries to open a WebSocket to the client service."""

from offhook.diagnostics.messages import (
    DNS_SILENT,
    DROPPED,
    EXPIRED,
    INCOMPLETE,
    NAME_UNKNOWN,
    NO_ROUTE,
    REFUSED,
    RESET,
    SILENT,
    WRONG_NAME,
    Message,
)

_WHO = "client service host"
_INSPECT = "See what is shown there: offhook certs inspect {host}:{port}"

MESSAGES = (
    Message(
        code="service-name-unknown",
        met=(*NAME_UNKNOWN, *DNS_SILENT),
        summary="The client service's name {host} cannot be resolved: {detail}",
        meaning="Clients get their configuration, and then find no server to sign in to.",
        action="Have the name entered in public DNS, with the gateway's address.",
        pasted=("failed to resolve",),
    ),
    Message(
        code="service-refused",
        met=REFUSED,
        summary="{hop} refuses the connection.",
        meaning="The client service does not run, a firewall rejects its port, or the gateway's "
        "client connector is off.",
        action="Start the service; open TCP port {port} to the gateway; switch the client "
        "connector on there.",
        pasted=("errno 111", _WHO),
    ),
    Message(
        code="service-silent",
        met=(*DROPPED, *SILENT),
        summary="{hop} does not answer.",
        meaning="A firewall drops the packets, or the gateway waits for a service that does not "
        "answer it.",
        action="Allow TCP port {port} from the internet to the gateway, and from the gateway to "
        "the server.",
        pasted=("read operation timed out", _WHO),
    ),
    Message(
        code="service-lost",
        met=("after/closed/*", "after/close/*", "ws/closed/*", *(f"after/{r[2:]}" for r in RESET)),
        summary="{hop} hangs up after the handshake ({detail}).",
        meaning="The gateway answers for the client service, and then gets no connection to it.",
        action="Check the path from the gateway to the server, and the service's own log.",
        pasted=("connection to remote host was lost",),
    ),
    Message(
        code="service-self-signed",
        met=("tls/verify/18",),
        summary="{hop} shows a certificate that has signed itself.",
        meaning="The certificate of a public authority is not in use there: often it was installed "
        "on only one of gateway and server.",
        action=f"Install it, with its chain, on both, and restart them. {_INSPECT}",
        pasted=("depth_zero_self_signed_cert",),
    ),
    Message(
        code="service-untrusted",
        met=("tls/verify/19", "tls/verify/20"),
        summary="{hop} shows a certificate of an authority that phones do not trust.",
        meaning="A private authority issued it, or something on the way shows its own.",
        action=f"Install one of a public authority. {_INSPECT}",
        pasted=("certificate verification failed", _WHO),
    ),
    Message(
        code="service-chain-incomplete",
        met=INCOMPLETE,
        summary="{hop} leaves out the intermediate certificate.",
        meaning="Phones do not look for it: they refuse.",
        action=f"Install the whole chain on the gateway, and restart it. {_INSPECT}",
        pasted=("unable_to_verify_leaf_signature",),
    ),
    Message(
        code="service-wrong-name",
        met=WRONG_NAME,
        summary="{hop} shows a certificate that is not made for {host}.",
        meaning="Clients are told one name, the certificate holds another.",
        action=f"Get a certificate with the name that clients are told. {_INSPECT}",
        pasted=("hostname mismatch",),
    ),
    Message(
        code="service-not-websocket",
        met=("ws/status/2??", "ws/status/40[0-6]", "ws/status/426", "ws/answer/*"),
        summary="{host} ({hop}) answers {code} in place of opening a WebSocket ({detail}).",
        meaning="Something listens at port {port} that is not the client service: a web server, or "
        "a proxy that does not pass the upgrade on.",
        action="Forward the port to the client service itself, with WebSocket allowed.",
        pasted=("non-101",),
    ),
    Message(
        code="service-expired",
        met=EXPIRED,
        summary="{hop} shows a certificate, or an intermediate one, that has expired.",
        meaning="Phones refuse it.",
        action=f"Renew it on server and gateway. {_INSPECT}",
        pasted=("certificate has expired", _WHO),
    ),
    Message(
        code="service-reset",
        met=RESET,
        summary="{hop} breaks the connection off ({code}).",
        meaning="A firewall that looks into connections does that, more often than the service.",
        action="Exempt TCP port {port} from inspection, and look into the firewall's log.",
        pasted=("errno 104",),
    ),
    Message(
        code="service-no-route",
        met=NO_ROUTE,
        summary="There is no way to {hop} ({detail}).",
        meaning="A router or firewall says that the client service cannot be reached.",
        action="Check the address that {host} has in public DNS, and the routes behind it.",
    ),
)
