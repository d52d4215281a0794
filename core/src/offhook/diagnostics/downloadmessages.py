"""What the second test may say: a client tries to reach the configuration download."""

from offhook.diagnostics.messages import (
    DNS_SILENT,
    DROPPED,
    EXPIRED,
    INCOMPLETE,
    NAME_UNKNOWN,
    NO_ROUTE,
    REFUSED,
    SILENT,
    UNTRUSTED,
    WRONG_NAME,
    Message,
)

_WHO = "deployment host"
_SOMEBODY_ELSE = (
    "See that {host} has the address of the gateway, or reverse proxy, in front of this server, "
    "and that this forwards the name to offhook serve."
)
_INSPECT = "See which certificates are sent: offhook certs check {host}"

MESSAGES = (
    Message(
        code="download-name-unknown",
        met=(*NAME_UNKNOWN, *DNS_SILENT),
        summary="The download host {host} cannot be resolved: {detail}",
        meaning="Clients find no address under the name in their link.",
        action="Correct download_host in the profile, or have the name entered in public DNS.",
        pasted=("failed to resolve",),
    ),
    Message(
        code="download-no-route",
        met=NO_ROUTE,
        summary="There is no way to {hop} ({detail}).",
        meaning="A router or firewall in front of the download host says that it cannot be "
        "reached, or nobody answers for its address behind it.",
        action="Check the address that {host} has in public DNS, and the routes between firewall, "
        "gateway and this server.",
        pasted=("errno 113", _WHO),
    ),
    Message(
        code="download-silent",
        met=(*DROPPED, *SILENT),
        summary="{hop} does not answer.",
        meaning="Packets are dropped before the gateway, or the gateway accepts the connection and "
        "gets no answer from behind: a firewall, a missing route, a name it cannot resolve.",
        action="Follow the packets: first to {host}, port {port}, then from the gateway to this "
        "server; check the gateway's DNS and where it forwards to.",
        pasted=("read operation timed out", _WHO),
    ),
    Message(
        code="download-unavailable",
        met=("http/status/503",),
        summary="{host} ({hop}) answers 503: unavailable.",
        meaning="Who answers is only in front, and does not reach this server; or offhook itself "
        "is overloaded, or without its database.",
        action="Check that this server runs and is healthy, and that the gateway may connect to "
        "its download port.",
        pasted=("503",),
    ),
    Message(
        code="download-refused",
        met=REFUSED,
        summary="{hop} refuses the connection.",
        meaning="A firewall rejects it, or nothing listens at port {port} of that address.",
        action="Open port {port} to the gateway, and start what listens there.",
        pasted=("errno 111", _WHO),
    ),
    Message(
        code="download-bad-request",
        met=("http/status/400",),
        summary="{host} ({hop}) answers 400: bad request.",
        meaning="Another machine than ours answers under that name, or one in front that cannot "
        "reach what it forwards to.",
        action=f"Correct download_host in the profile. {_SOMEBODY_ELSE}",
        pasted=("ehostunreach",),
    ),
    Message(
        code="download-untrusted",
        met=UNTRUSTED,
        summary="{hop} shows a certificate that phones do not trust ({detail}).",
        meaning="Another machine answers, or the one in front has a certificate of its own making "
        "or of a private authority.",
        action=f"Install one of a public authority where TLS ends. {_INSPECT}",
        pasted=("certificate verification failed", _WHO),
    ),
    Message(
        code="download-wrong-name",
        met=WRONG_NAME,
        summary="{hop} shows a certificate that is not made for {host}.",
        meaning="Phones refuse it: the name in their link has to stand in the certificate.",
        action=f"Get a certificate with that name, or set download_host to one it has. {_INSPECT}",
        pasted=("hostname mismatch", _WHO),
    ),
    Message(
        code="download-chain-incomplete",
        met=INCOMPLETE,
        summary="{hop} leaves out the intermediate certificate.",
        meaning="Browsers fetch what is missing by themselves; phones do not, and refuse.",
        action=f"Install the whole chain where TLS ends. {_INSPECT}",
        pasted=("unable_to_verify_leaf_signature",),
    ),
    Message(
        code="download-not-found",
        met=("http/status/404",),
        summary="{host} ({hop}) answers 404: it knows no configuration download.",
        meaning="The name leads to another web server; inside, often to the gateway instead of "
        "this server, or the other way round.",
        action=f"Correct download_host in the profile. {_SOMEBODY_ELSE}",
        pasted=("404",),
    ),
    Message(
        code="download-unauthorized",
        met=("http/status/401",),
        summary="{host} ({hop}) answers 401: it wants a login.",
        meaning="offhook asks nobody for a login there: another server has been reached.",
        action=_SOMEBODY_ELSE,
        pasted=("401",),
    ),
    Message(
        code="download-host-invalid",
        met=("http/status/403", "http/proof/*"),
        summary="{host} ({hop}) does not let clients through to this server ({code}).",
        meaning="What stands in front forbids the path, or the name belongs to a server of "
        "somebody else.",
        action="Let the gateway's remote proxy service pass /c/, /d/, /r/, /healthz and "
        "/.well-known/ of that name on to this server, or correct download_host in the profile.",
        pasted=("config download host configured", "invalid"),
    ),
    Message(
        code="download-expired",
        met=EXPIRED,
        summary="{hop} shows a certificate, or an intermediate one, that has expired.",
        meaning="Phones refuse it.",
        action=f"Renew it where TLS ends. {_INSPECT}",
        pasted=("expired", "400"),
    ),
)
