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


def gateway_tls(settings: "Settings") -> bool:
    """Whether it does so over TLS."""
    return teleworker(settings) and settings.gateway_transport == "tls"


def gateway_port(settings: "Settings") -> bool:
    """Whether the port there can be chosen."""
    return teleworker(settings) and not settings.gateway_srv


def gateway_ca(settings: "Settings") -> bool:
    """Whether it verifies the gateway's certificate."""
    return gateway_tls(settings) and settings.verify_tls


def webrtc(settings: "Settings") -> bool:
    """Whether web clients are told where to connect."""
    return softphone(settings) and bool(settings.webrtc_host)


def pbx_tls(settings: "Settings") -> bool:
    """Whether it speaks TLS with the PBX."""
    return softphone(settings) and settings.sip_transport == "tls"
