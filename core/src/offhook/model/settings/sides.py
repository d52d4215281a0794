"""The SIP settings that exist twice, at the PBX and at the border gateway: described once."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from offhook.model.described import described
from offhook.model.rules import between, check_host, read_line
from offhook.model.settings import conditions
from offhook.model.settings.rules import read_dscp, read_rate
from offhook.model.settings.words import (
    CA_TYPES,
    CODECS,
    SRTP_MODES,
    TRANSPORTS,
    VIDEO_RATES,
    choices,
)

_RATES = ", ".join(map(str, VIDEO_RATES))


@frozen(kw_only=True)
class _Side:
    """One of the two, and when its settings mean anything: a condition, and it in words."""

    name: str
    label: str
    there: Callable[[Any], bool]
    port: Callable[[Any], bool]
    tls: Callable[[Any], bool]
    verified: Callable[[Any], bool]
    when: str
    srv: str
    transport: str

    def setting(self, *, label: str = "", **description: Any) -> Any:
        """Return a setting of this side."""
        usual = {
            "group": self.name,
            "side": self.name,
            "mode": "forced",
            "label": f"{self.label}{label}",
            "applies": self.there,
            "when": self.when,
        }
        return described(**(usual | description))

    def over_tls(self, **description: Any) -> Any:
        """Return a setting of this side that matters only with TLS."""
        when = f"with {self.transport}=tls"
        return self.setting(applies=self.tls, when=when, **description)


_PBX = _Side(
    name="pbx",
    label="",
    there=conditions.softphone,
    port=conditions.pbx_port,
    tls=conditions.pbx_tls,
    verified=conditions.pbx_verified,
    when="with softphone",
    srv="pbx_srv",
    transport="sip_transport",
)
_GATEWAY = _Side(
    name="gateway",
    label="Gateway: ",
    there=conditions.teleworker,
    port=conditions.gateway_port,
    tls=conditions.gateway_tls,
    verified=conditions.gateway_verified,
    when="with teleworker",
    srv="gateway_srv",
    transport="gateway_transport",
)


def _srv(side: _Side, label: str) -> Any:
    return side.setting(
        default=False,
        label=f"{label} is a DNS SRV name",
        help="Clients look it up by DNS SRV (RFC 3263), the port, too.",
    )


def _transport(side: _Side) -> Any:
    return side.setting(
        default="tls",
        label="SIP transport",
        help="TLS is recommended; some Android models cannot use TCP.",
        **choices(TRANSPORTS),
    )


def _port(side: _Side) -> Any:
    return side.setting(
        default=0,
        label="SIP port",
        check=between(0, 65535),
        applies=side.port,
        when=f"{side.when}, without {side.srv}",
        help="0 means the usual one: 5061 with TLS, else 5060.",
    )


def _srtp_mode(side: _Side) -> Any:
    return side.over_tls(
        default="optional",
        label="SRTP mode",
        help="Encryption of the audio; only with TLS.",
        **choices(SRTP_MODES),
    )


def _verify_tls(side: _Side) -> Any:
    return side.over_tls(
        default=True,
        label="Verify TLS server certificate",
        help="Refuse a SIP server whose certificate or name cannot be verified.",
    )


def _ca_type(side: _Side, help_line: str) -> Any:
    return side.setting(
        default="public",
        label="TLS server certificate CA",
        applies=side.verified,
        when=f"with {side.transport}=tls and verification",
        help=help_line,
        **choices(CA_TYPES),
    )


def _realm(side: _Side) -> Any:
    return side.setting(
        default="",
        label="SIP realm",
        read=read_line,
        help="Where it is known, clients that take a hash (HA1) get no clear password.",
    )


def _dtmf(side: _Side) -> Any:
    return side.setting(
        default="rfc4733",
        label="DTMF method",
        help="How digits are sent during a call.",
        **choices(("rfc4733", "sip-info")),
    )


def _audio_codec(side: _Side) -> Any:
    return side.setting(
        default="g722",
        label="Default audio codec",
        help="The first codec offered, not the only one.",
        **choices(CODECS),
    )


def _video_rate(side: _Side, label: str, what: str) -> Any:
    return side.setting(
        default=768,
        label=label,
        unit="kbit/s",
        read=read_rate,
        help=f"{what}: {_RATES}; any other number becomes the nearest of these.",
    )


def _dscp(side: _Side, kind: str, packets: str, default: int, example: str) -> Any:
    return side.setting(
        default=default,
        label=f"DSCP {kind}",
        read=read_dscp,
        check=between(0, 63),
        help=f"Marking of {packets} packets, RFC 2474: 0 to 63 or a name such as {example}.",
    )


@frozen(kw_only=True, slots=False)
class PbxSettings:
    """How a client speaks with the PBX; see `Settings`."""

    pbx_host: str = _PBX.setting(
        default="",
        label="PBX SIP host",
        check=check_host,
        help="Where clients register whose user has no PBX SIP host of its own.",
    )
    pbx_srv: bool = _srv(_PBX, "PBX SIP host")
    sip_transport: str = _transport(_PBX)
    sip_port: int = _port(_PBX)
    srtp_mode: str = _srtp_mode(_PBX)
    verify_tls: bool = _verify_tls(_PBX)
    ca_type: str = _ca_type(_PBX, "Who signed the PBX's SIP TLS certificate.")
    realm: str = _realm(_PBX)
    dtmf: str = _dtmf(_PBX)
    audio_codec: str = _audio_codec(_PBX)
    video_tx_rate: int = _video_rate(_PBX, "Max video TX rate", "The most that is sent")
    video_rx_rate: int = _video_rate(_PBX, "Max video RX rate", "The most that is asked for (b=AS)")
    dscp_sip: int = _dscp(_PBX, "SIP", "signalling", 24, "CS3")
    dscp_audio: int = _dscp(_PBX, "RTP audio", "audio", 46, "EF")
    dscp_video: int = _dscp(_PBX, "RTP video", "video", 34, "AF41")


@frozen(kw_only=True, slots=False)
class GatewaySettings:
    """How a teleworker's client speaks with the border gateway; see `Settings`."""

    gateway_host: str = _GATEWAY.setting(
        default="",
        label="MBG SIP host",
        check=check_host,
        help="The border gateway as clients reach it; empty: what its connection says.",
    )
    gateway_srv: bool = _srv(_GATEWAY, "MBG SIP host")
    gateway_transport: str = _transport(_GATEWAY)
    gateway_port: int = _port(_GATEWAY)
    gateway_srtp_mode: str = _srtp_mode(_GATEWAY)
    gateway_verify_tls: bool = _verify_tls(_GATEWAY)
    gateway_ca_type: str = _ca_type(
        _GATEWAY, "Who signed its SIP TLS certificate; must fit the gateway's own setting."
    )
    gateway_realm: str = _realm(_GATEWAY)
    gateway_dtmf: str = _dtmf(_GATEWAY)
    gateway_audio_codec: str = _audio_codec(_GATEWAY)
    gateway_video_tx_rate: int = _video_rate(_GATEWAY, "Max video TX rate", "The most that is sent")
    gateway_video_rx_rate: int = _video_rate(
        _GATEWAY, "Max video RX rate", "The most that is asked for (b=AS)"
    )
    gateway_dscp_sip: int = _dscp(_GATEWAY, "SIP", "signalling", 24, "CS3")
    gateway_dscp_audio: int = _dscp(_GATEWAY, "RTP audio", "audio", 46, "EF")
    gateway_dscp_video: int = _dscp(_GATEWAY, "RTP video", "video", 34, "AF41")
