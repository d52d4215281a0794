"""The settings of a deployment: each described once, here, with its rules."""

from typing import Any, Literal

from attrs import frozen

from offhook.model import conditions
from offhook.model.described import described
from offhook.model.rules import (
    between,
    check_email,
    check_host,
    check_name,
    check_numbers,
    read_dscp,
)

Mode = Literal["default", "forced", "locked"]

CODECS = ("g722", "g722.1", "g729", "opus", "pcma", "pcmu")
EMERGENCY_NUMBERS = ("000", "110", "111", "112", "113", "117", "118", "119", "911", "999")
TRANSPORTS = ("tls", "tcp", "udp")
SRTP_MODES = ("off", "optional", "mandatory")
CA_TYPES = ("public", "vendor", "custom")
LIFETIMES = {
    "30min": 1800,
    "1h": 3600,
    "2h": 7200,
    "4h": 14400,
    "8h": 28800,
    "12h": 43200,
    **{f"{days}d": days * 86400 for days in (1, 2, 3)},
    **{f"{weeks}w": weeks * 604800 for weeks in range(1, 7)},
}


def _choices(options: tuple[str, ...]) -> dict[str, Any]:
    return {"choices": options, "read": lambda text: text.strip().lower()}


@frozen(kw_only=True)
class Settings:
    """
    Every setting of a deployment, with the built-in default.

    ``told=False`` marks what steers the deployment itself and is not sent to a client.
    """

    use_softphone: str = described(
        default="on",
        group="general",
        help="Register a softphone; forced is reset by an update, locked cannot be changed.",
        **_choices(("off", "on", "on-forced", "on-locked")),
    )
    use_teleworker: str = described(
        default="off",
        group="general",
        help="Register at the border gateway instead of the PBX; phones off campus need it.",
        **_choices(("off", "on", "on-locked")),
    )
    call_mode: str = described(
        default="audio",
        group="general",
        help="What an outgoing call starts with; the user may enable video.",
        **_choices(("audio", "video")),
    )
    rtp_timeout_detection: bool = described(
        default=True,
        group="general",
        mode="forced",
        help="End a call that has been without audio for more than five seconds.",
    )
    voicemail_number: str = described(
        default="", group="general", mode="forced", help="What a client dials for voice mail."
    )
    emergency_numbers: tuple[str, ...] = described(
        default=EMERGENCY_NUMBERS,
        group="general",
        mode="locked",
        check=check_numbers,
        help="Dialled directly, exempt from special routing; commas without spaces.",
    )
    pbx_host: str = described(
        default="",
        label="PBX SIP host",
        group="pbx",
        mode="forced",
        check=check_host,
        applies=conditions.softphone,
        when="with softphone",
        help="Where clients register whose user has no PBX SIP host of its own.",
    )
    sip_transport: str = described(
        default="tls",
        label="SIP transport",
        group="pbx",
        mode="forced",
        applies=conditions.softphone,
        when="with softphone",
        help="TLS is recommended; some Android models cannot use TCP.",
        **_choices(TRANSPORTS),
    )
    sip_port: int = described(
        default=0,
        label="SIP port",
        group="pbx",
        mode="forced",
        check=between(0, 65535),
        applies=conditions.softphone,
        when="with softphone",
        help="0 means the usual one: 5061 with TLS, else 5060.",
    )
    srtp_mode: str = described(
        default="optional",
        label="SRTP mode",
        group="pbx",
        mode="forced",
        applies=conditions.pbx_tls,
        when="with SIP transport tls",
        help="Encryption of the audio; only with TLS.",
        **_choices(SRTP_MODES),
    )
    gateway_host: str = described(
        default="",
        label="MBG SIP host",
        group="gateway",
        mode="forced",
        check=check_host,
        applies=conditions.teleworker,
        when="with teleworker",
        help="The border gateway as clients reach it; empty: what its connection says.",
    )
    gateway_srv: bool = described(
        default=False,
        label="MBG SIP host is a DNS SRV name",
        group="gateway",
        mode="forced",
        applies=conditions.teleworker,
        when="with teleworker",
        help="Clients look the MBG SIP host up by DNS SRV (RFC 3263), the port, too.",
    )
    gateway_transport: str = described(
        default="tls",
        label="Gateway SIP transport",
        group="gateway",
        mode="forced",
        applies=conditions.teleworker,
        when="with teleworker",
        help="TLS is recommended; some Android models cannot use TCP.",
        **_choices(TRANSPORTS),
    )
    gateway_port: int = described(
        default=0,
        label="Gateway SIP port",
        group="gateway",
        mode="forced",
        check=between(0, 65535),
        applies=conditions.gateway_port,
        when="with teleworker, without gateway_srv",
        help="0 means the usual one: 5061 with TLS, else 5060.",
    )
    gateway_srtp_mode: str = described(
        default="optional",
        label="Gateway SRTP mode",
        group="gateway",
        mode="forced",
        applies=conditions.gateway_tls,
        when="with teleworker and gateway transport tls",
        help="Encryption of the audio; only with TLS.",
        **_choices(SRTP_MODES),
    )
    gateway_ca: str = described(
        default="public",
        label="Gateway CA type",
        group="gateway",
        mode="forced",
        applies=conditions.gateway_ca,
        when="with teleworker, gateway transport tls and verify_tls",
        help="Who signed the gateway's SIP TLS certificate; must fit the gateway's own setting.",
        **_choices(CA_TYPES),
    )
    webrtc_host: str = described(
        default="",
        label="MBG-WebRTC SIP host",
        group="gateway",
        mode="forced",
        check=check_name,
        applies=conditions.webrtc,
        when="with a softphone, where it is not empty",
        help="Where web clients connect, never an IP address; empty: what the connection says.",
    )
    verify_tls: bool = described(
        default=True,
        label="Verify TLS server certificate",
        group="media",
        mode="forced",
        help="Refuse a SIP server whose certificate or name cannot be verified.",
    )
    dtmf: str = described(
        default="rfc4733",
        label="DTMF method",
        group="media",
        mode="forced",
        help="How digits are sent during a call.",
        **_choices(("rfc4733", "sip-info")),
    )
    audio_codec: str = described(
        default="g722",
        group="media",
        mode="forced",
        help="The first codec offered, not the only one.",
        **_choices(CODECS),
    )
    dscp_sip: int = described(
        default=24,
        label="DSCP SIP",
        group="media",
        mode="forced",
        read=read_dscp,
        check=between(0, 63),
        help="Marking of signalling packets, RFC 2474: 0 to 63 or a name such as CS3.",
    )
    dscp_audio: int = described(
        default=46,
        label="DSCP RTP audio",
        group="media",
        mode="forced",
        read=read_dscp,
        check=between(0, 63),
        help="Marking of audio packets, RFC 2474: 0 to 63 or a name such as EF.",
    )
    dscp_video: int = described(
        default=34,
        label="DSCP RTP video",
        group="media",
        mode="forced",
        read=read_dscp,
        check=between(0, 63),
        help="Marking of video packets, RFC 2474: 0 to 63 or a name such as AF41.",
    )
    client_format: str = described(
        default="offhook",
        group="deployment",
        told=False,
        help="The client that scans the code; a format of an installed plugin.",
    )
    fetch: str = described(
        default="always",
        group="deployment",
        told=False,
        help="always: the client asks again at every start; once: it keeps what it got.",
        **_choices(("always", "once")),
    )
    downloads: int = described(
        default=3,
        group="deployment",
        told=False,
        check=between(1, 10),
        help="How many downloads a link is good for.",
    )
    token_lifetime: str = described(
        default="6w",
        group="deployment",
        told=False,
        help="How long a link is good for.",
        **_choices(tuple(LIFETIMES)),
    )
    device_token_days: int = described(
        default=30,
        unit="days",
        group="deployment",
        told=False,
        check=between(1, 365),
        help="The age at which a device gets a new token for its refreshes.",
    )
    download_host: str = described(
        default="",
        label="Config download host",
        group="deployment",
        told=False,
        check=check_name,
        help="Where clients download; empty means the public name of this server.",
    )
    override_email: bool = described(
        default=False,
        label="Override user e-mail",
        group="deployment",
        told=False,
        help="Send every mail of this profile to the deployment e-mail address.",
    )
    deployment_email: str = described(
        default="",
        label="Deployment e-mail address",
        group="deployment",
        told=False,
        check=check_email,
        help="Who gets the mail of a user without an address.",
    )
