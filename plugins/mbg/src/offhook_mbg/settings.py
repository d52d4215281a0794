"""What a border gateway wants of its clients, and whether a profile's settings fit it."""

from collections.abc import Iterator

from offhook.api import Connection, Finding, RemoteError, Settings, is_address
from offhook_mbg.findings import tell
from offhook_mbg.opening import let_in, opened
from offhook_mbg.options import Options
from offhook_mbg.refusals import Names

_STEP = "sip-tls"
_ITS_PAGE = "System Configuration > Settings > SIP TLS certificate"
_FAILS = "Softphones verify the gateway's certificate with the wrong authority: none registers."


def wanted_settings(options: Options) -> dict[str, str]:
    """Return where phones register, and where web clients connect, who need a name."""
    host = options.sip_host or options.host
    wanted = {"gateway_host": host}
    return wanted if is_address(host) else wanted | {"webrtc_host": host}


def ca_type_of(certificate: str, names: Names) -> str:
    """Return the CA type that fits the gateway's choice of SIP TLS certificate, or nothing."""
    types = dict.fromkeys(names["certificate.vendor"], "vendor")
    types |= dict.fromkeys(names["certificate.public"], "public")
    return types.get(certificate, "")


def examine_settings(connection: Connection[Options], settings: Settings) -> Iterator[Finding]:
    """Yield what in *settings* does not fit this gateway, and what could not be found out."""
    yield from _names(settings)
    if settings.gateway_transport != "tls" or not settings.gateway_verify_tls:
        return
    if settings.gateway_ca_type == "custom":
        yield tell(
            "note",
            _STEP,
            "Whether the custom CA fits the gateway's SIP TLS certificate cannot be told.",
            action="The authority that is handed out must have signed that certificate.",
        )
        return
    yield _certificate(connection, settings.gateway_ca_type)


def _names(settings: Settings) -> Iterator[Finding]:
    phones, web = settings.gateway_host, settings.webrtc_host
    if web and not settings.gateway_srv and phones.casefold() != web.casefold():
        yield tell(
            "warning",
            "webrtc",
            f"Phones register at {phones}, but web clients connect to {web}.",
            "From outside, web clients need the name of the gateway outside, too.",
            f"Unless that is meant: offhook profiles edit PROFILE webrtc_host={phones}",
        )


def _certificate(connection: Connection[Options], ca_type: str) -> Finding:
    try:
        choice, fitting = _ask(connection)
    except RemoteError as error:
        return tell(
            "note",
            _STEP,
            f"The gateway could not be asked for its SIP TLS certificate: {error}",
            f"It must be the one for the CA type {ca_type}, or no softphone registers.",
            f"Compare on its page: {_ITS_PAGE}.",
        )
    if not fitting:
        summary = "Which SIP TLS certificate the gateway shows to softphones is not known."
        return tell("note", _STEP, summary, action=f"Compare on its page: {_ITS_PAGE}.")
    summary = f'CA type {ca_type}, and the SIP TLS certificate "{choice}" of the gateway'
    if fitting == ca_type:
        return tell("ok", _STEP, f"{summary}, fit one another.")
    return tell(
        "failure",
        _STEP,
        f"{summary}, do not fit.",
        _FAILS,
        f"Set gateway_ca_type={fitting} in the profile, or its own: {_ITS_PAGE}.",
    )


def _ask(connection: Connection[Options]) -> tuple[str, str]:
    """Return the gateway's choice of SIP TLS certificate, and the CA type that fits it."""
    with opened(connection, let_in(connection)) as gateway:
        choice = str(gateway.settings().get(gateway.names["settings.certificate"][0], ""))
        return choice, ca_type_of(choice, gateway.names)
