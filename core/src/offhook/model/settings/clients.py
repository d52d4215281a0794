"""Settings of the client itself, wherever it registers."""

from attrs import frozen

from offhook.model.authorities import read_authority
from offhook.model.described import described
from offhook.model.rules import between, check_host, check_name, read_line
from offhook.model.settings import conditions
from offhook.model.settings.rules import check_numbers, read_numbers
from offhook.model.settings.words import EMERGENCY_NUMBERS, choices


@frozen(kw_only=True, slots=False)
class ClientSettings:
    """What a client is and does; see `Settings`."""

    use_softphone: str = described(
        default="on",
        group="general",
        help="Register a softphone; forced is reset by an update, locked cannot be changed.",
        **choices(("off", "on", "on-forced", "on-locked")),
    )
    use_teleworker: str = described(
        default="off",
        group="general",
        help="Register at the border gateway instead of the PBX; phones off campus need it.",
        **choices(("off", "on", "on-locked")),
    )
    call_mode: str = described(
        default="audio",
        group="general",
        help="What an outgoing call starts with; the user may enable video.",
        **choices(("audio", "video")),
    )
    rtp_timeout_detection: bool = described(
        default=True,
        label="RTP timeout detection",
        group="general",
        mode="forced",
        help="End a call that has been without audio for more than five seconds.",
    )
    prefer_mobile_network: bool = described(
        default=False,
        group="general",
        help="Call over the mobile network where there is Wi-Fi, too; iOS only.",
    )
    allow_clir: bool = described(
        default=False,
        group="general",
        label="Allow calling line restriction",
        mode="forced",
        help="Let the user hide the number from whom is called outside.",
    )
    voicemail_number: str = described(
        default="",
        group="general",
        mode="forced",
        read=read_line,
        help="What a client dials for voice mail.",
    )
    office_number: str = described(
        default="",
        group="general",
        mode="forced",
        check=check_numbers,
        help="Dialled first in native calls to short numbers; MiVoice Business: hot-desk access.",
    )
    office_number_pause: int = described(
        default=1,
        group="general",
        unit="s",
        mode="forced",
        check=between(0, 30),
        applies=conditions.office_number,
        when="with an office number",
        help="How long to wait before the extension is dialled behind it.",
    )
    conference_code: str = described(
        default="",
        group="general",
        label="Conference access code",
        mode="forced",
        check=check_numbers,
        help="What is dialled to start a conference at the PBX.",
    )
    emergency_numbers: tuple[str, ...] = described(
        default=EMERGENCY_NUMBERS,
        group="general",
        mode="locked",
        read=read_numbers,
        check=check_numbers,
        help="Dialled directly, exempt from special routing; numbers, or regions such as eu, na.",
    )
    log_level: str = described(
        default="warning",
        group="general",
        help="What a client writes into its log; debug may hold whom somebody calls.",
        **choices(("off", "error", "warning", "info", "debug")),
    )
    log_upload: bool = described(
        default=False,
        group="general",
        mode="forced",
        help="Take logs from clients that can send theirs; they may hold whom somebody calls.",
    )
    webrtc_host: str = described(
        default="",
        label="MBG-WebRTC SIP host",
        group="general",
        mode="forced",
        check=check_name,
        applies=conditions.webrtc,
        when="with a softphone, where it is not empty",
        help="Where web clients connect, never an IP address; empty: what the gateway says.",
    )
    custom_ca: str = described(
        default="",
        label="Custom CA",
        group="general",
        mode="forced",
        document=True,
        read=read_authority,
        applies=conditions.custom_ca,
        when="with a CA type custom",
        help="The certificate of one's own authority, handed to clients; @FILE, PEM or DER.",
    )
    vendor_ca: str = described(
        default="",
        label="Vendor CA",
        group="general",
        mode="forced",
        system=True,
        document=True,
        read=read_authority,
        applies=conditions.vendor_ca,
        when="with a CA type vendor",
        help="The authorities of the PBX's vendor, handed to clients; @FILE, PEM or DER.",
    )
    client_service_host: str = described(
        default="",
        group="general",
        mode="forced",
        system=True,
        check=check_host,
        help="The client's own server, for users who have no other.",
    )
