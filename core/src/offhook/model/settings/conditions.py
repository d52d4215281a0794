"""When a setting means anything: conditions on the other settings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offhook.model.settings import Settings


def softphone(settings: "Settings") -> bool:
    """Whether a softphone is registered at all."""
    return settings.use_softphone != "off"


def teleworker(settings: "Settings") -> bool:
    """Whether it registers at the border gateway."""
    return softphone(settings) and settings.use_teleworker != "off"


def pbx_port(settings: "Settings") -> bool:
    """Whether the port at the PBX can be chosen."""
    return softphone(settings) and not settings.pbx_srv


def pbx_tls(settings: "Settings") -> bool:
    """Whether it speaks TLS with the PBX."""
    return softphone(settings) and settings.sip_transport == "tls"


def pbx_verified(settings: "Settings") -> bool:
    """Whether it verifies the PBX's certificate."""
    return pbx_tls(settings) and settings.verify_tls


def gateway_port(settings: "Settings") -> bool:
    """Whether the port at the gateway can be chosen."""
    return teleworker(settings) and not settings.gateway_srv


def gateway_tls(settings: "Settings") -> bool:
    """Whether it speaks TLS with the gateway."""
    return teleworker(settings) and settings.gateway_transport == "tls"


def gateway_verified(settings: "Settings") -> bool:
    """Whether it verifies the gateway's certificate."""
    return gateway_tls(settings) and settings.gateway_verify_tls


def webrtc(settings: "Settings") -> bool:
    """Whether web clients are told where to connect."""
    return softphone(settings) and bool(settings.webrtc_host)


def custom_ca(settings: "Settings") -> bool:
    """Whether anything is verified with an authority of one's own."""
    return "custom" in _ca_types(settings)


def vendor_ca(settings: "Settings") -> bool:
    """Whether anything is verified with the vendor's authorities."""
    return "vendor" in _ca_types(settings)


def _ca_types(settings: "Settings") -> set[str]:
    """Return the CA types of what is verified, wherever the client registers."""
    found = (
        (settings.ca_type, pbx_verified(settings)),
        (settings.gateway_ca_type, gateway_verified(settings)),
        (settings.mpa_ca_type, mpa_verified(settings)),
    )
    return {ca_type for ca_type, is_verified in found if is_verified}


def office_number(settings: "Settings") -> bool:
    """Whether there is an office number to pause after."""
    return bool(settings.office_number)


def fetches(settings: "Settings") -> bool:
    """Whether a client asks again."""
    return settings.fetch == "always"


def pbx_account(settings: "Settings") -> bool:
    """Whether the softphone registers at the PBX: with a teleworker the gateway gets the data."""
    return softphone(settings) and settings.use_teleworker == "off"


def mpa(settings: "Settings") -> bool:
    """Whether there is a server for performance analytics, for an account at the PBX."""
    return pbx_account(settings) and bool(settings.mpa_host)


def mpa_tls(settings: "Settings") -> bool:
    """Whether it is spoken to over TLS."""
    return mpa(settings) and settings.mpa_transport == "tls"


def mpa_verified(settings: "Settings") -> bool:
    """Whether its certificate is verified, as that of the PBX is."""
    return mpa_tls(settings) and settings.verify_tls
