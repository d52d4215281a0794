"""What any test may say that the vendor's tables do not know."""

from offhook.diagnostics.messages import RESET, Message

FIRST = (
    Message(
        code="ipv6-only",
        met=("tcp/ipv6/*",),
        summary="{host} has addresses of IPv6 only, and there is no way to {hop}.",
        meaning="Many mobile and home networks have no IPv6: clients there find no way either.",
        action="Give the name an address of IPv4, too (an A record).",
    ),
    Message(
        code="clock-wrong",
        met=("tls/clock/*",),
        summary="The certificate of {hop} would be good if the clock were right: {detail}",
        meaning="Whoever tried has a clock that is far off; certificates seem expired, or not "
        "valid yet.",
        action="Set the clock of that machine by NTP, then run this again.",
    ),
    Message(
        code="address-private",
        met=("dns/address/*",),
        summary="{host} has an address outside that is none of the internet.",
        meaning="Public DNS answers with an inner address: no phone outside gets there, and the "
        "redirect service does not go where it leads.",
        action="Have public DNS answer with the public address only.",
    ),
    Message(
        code="dns-refused",
        met=("dns/rcode/REFUSED",),
        summary="The DNS server {hop} refuses to look up {host}.",
        meaning="It answers other machines only, or knows its own names only.",
        action="Use a DNS server that resolves names of the internet for this machine.",
    ),
)
LAST = (
    Message(
        code="not-yet-valid",
        met=("tls/verify/9",),
        summary="{hop} shows a certificate that is not valid yet.",
        meaning="It was issued for later, or a clock is wrong.",
        action="Check the clocks, and the date that the certificate begins with.",
    ),
    Message(
        code="expired",
        met=("tls/verify/10",),
        summary="{hop} shows a certificate that has expired.",
        meaning="Every strict client refuses it.",
        action="Have it renewed by whoever runs {host}.",
    ),
    Message(
        code="chain-incomplete",
        met=("tls/verify/21",),
        summary="{hop} leaves out the intermediate certificate.",
        meaning="Strict clients do not look for it: they refuse.",
        action="Have the whole chain installed by whoever runs {host}.",
    ),
    Message(
        code="weak-certificate",
        met=("tls/verify/66", "tls/verify/67", "tls/verify/68"),
        summary="{hop} shows a certificate whose key or signature is too weak.",
        meaning="Phones refuse RSA keys of less than 2048 bits, and signatures with SHA-1.",
        action="Get a new certificate with an RSA key of 2048 bits or an EC key of 256.",
    ),
    Message(
        code="unusable-certificate",
        met=("tls/verify/*",),
        summary="{hop} shows a certificate that cannot be used ({detail}).",
        meaning="Its purpose, its authority's limits or its chain do not allow it here.",
        action="See why: offhook certs inspect {host}:{port}",
    ),
    Message(
        code="server-name-unknown",
        met=("tls/ssl/TLSV1_UNRECOGNIZED_NAME",),
        summary="{hop} has no certificate for {host}.",
        meaning="Several names share that address, and this one was forgotten.",
        action="Add the name where TLS ends.",
    ),
    Message(
        code="tls-too-old",
        met=(
            "tls/ssl/TLSV1_ALERT_PROTOCOL_VERSION",
            "tls/ssl/UNSUPPORTED_PROTOCOL",
            "tls/ssl/NO_PROTOCOLS_AVAILABLE",
        ),
        summary="{hop} speaks no TLS that is new enough.",
        meaning="Phones want TLS 1.2 or newer.",
        action="Switch TLS 1.2 and 1.3 on there.",
    ),
    Message(
        code="no-common-cipher",
        met=("tls/ssl/SSLV3_ALERT_HANDSHAKE_FAILURE", "tls/ssl/NO_SHARED_CIPHER"),
        summary="{hop} agrees to none of the ways to encrypt.",
        meaning="It offers old ciphers only, or wants a certificate of the client.",
        action="Switch on today's ciphers there.",
    ),
    Message(
        code="client-certificate-wanted",
        met=("*/ssl/TLSV13_ALERT_CERTIFICATE_REQUIRED", "*/ssl/SSLV3_ALERT_BAD_CERTIFICATE"),
        summary="{hop} wants a certificate of the client.",
        meaning="Phones have none: nobody gets in.",
        action="Switch client certificates off for {host}, port {port}.",
    ),
    Message(
        code="no-tls",
        met=(
            "tls/ssl/WRONG_VERSION_NUMBER",
            "tls/ssl/RECORD_LAYER_FAILURE",
            "tls/ssl/HTTP_REQUEST",
            "tls/ssl/PACKET_LENGTH_TOO_LONG",
        ),
        summary="{hop} speaks no TLS.",
        meaning="Something listens there in plain text, or it is the wrong port.",
        action="Check where port {port} is forwarded to.",
    ),
    Message(
        code="tls-failed",
        met=("*/ssl/*",),
        summary="{hop} and the one who tried cannot agree on TLS ({code}).",
        meaning="Phones cannot either, most likely.",
        action="See what it offers: offhook certs check {host}",
    ),
    Message(
        code="hung-up",
        met=("*/closed/*",),
        summary="{hop} hangs up in place of an answer ({detail}).",
        meaning="What stands in front gets no answer from behind, does not know the name, or an "
        "inspecting firewall ends the connection.",
        action="Look into the log of what listens there.",
    ),
    Message(
        code="reset",
        met=RESET,
        summary="{hop} breaks the connection off ({code}).",
        meaning="A firewall that looks into connections does that, more often than a server.",
        action="Exempt {host}, port {port}, from inspection, and look into the firewall's log.",
    ),
    Message(
        code="proxy-between",
        met=("*/status/407",),
        summary="A proxy ({hop}) wants a login before it lets anybody to {host} ({detail}).",
        meaning="A proxy that nobody asked for takes part; phones cannot log in to it.",
        action="Exempt {host} from the proxy.",
    ),
    Message(
        code="captive-portal",
        met=("*/status/511", "*/status/30?"),
        summary="{host} ({hop}) sends the client somewhere else ({detail}).",
        meaning="A sign-in page of a guest network does that, or a web server that is not ours: "
        "clients do not follow.",
        action="Try from another network; then see who answers under that name.",
    ),
    Message(
        code="gateway-failed",
        met=("*/status/502", "*/status/504"),
        summary="What stands in front of {host} ({hop}) reaches nothing behind it ({code}).",
        meaning="The reverse proxy or gateway works, the server behind it does not answer it.",
        action="Check that the server runs, and that the gateway may connect to it.",
    ),
    Message(
        code="too-many-requests",
        met=("*/status/429",),
        summary="{host} ({hop}) has been asked too often, it says.",
        meaning="A limit against abuse is reached, perhaps by many phones behind one address.",
        action="Wait a few minutes, then run this again; widen the limit where phones share one.",
    ),
    Message(
        code="status",
        met=("*/status/*",),
        summary="{host} ({hop}) answers {code} ({detail}).",
        meaning="That is not what a client needs: another server may answer under that name.",
        action="See who answers there, and what its log says.",
    ),
    Message(
        code="not-http",
        met=("*/answer/*",),
        summary="{hop} answers in a language that is not HTTP ({detail}).",
        meaning="Something else listens at port {port}.",
        action="Check where that port is forwarded to.",
    ),
    Message(
        code="silent",
        met=("*/limit/*", "*/os/ETIMEDOUT"),
        summary="{hop} does not answer in time.",
        meaning="A firewall drops the packets, or the server is stuck.",
        action="Follow the packets to {host}, port {port}.",
    ),
    Message(
        code="failed",
        met=("*",),
        summary="{host} cannot be reached: {detail} ({hop} {code})",
        meaning="This is none of the faults that are known here.",
        action="Look at the packets: tcpdump -n port 53 or port {port}.",
    ),
)
