"""Settings of the whole site: performance analytics, for accounts at the PBX."""

from functools import partial

from attrs import frozen

from offhook.model import described as descriptions
from offhook.model.rules import between, check_host
from offhook.model.settings import conditions
from offhook.model.settings.words import CA_TYPES, choices

_analytics = partial(descriptions.described, group="analytics", mode="forced", system=True)


@frozen(kw_only=True, slots=False)
class SystemSettings:
    """Where call quality is reported; see `Settings`."""

    mpa_host: str = _analytics(
        default="",
        label="MPA host",
        check=check_host,
        applies=conditions.pbx_account,
        when="with softphone, without teleworker",
        help="Mitel Performance Analytics; with TLS and verification it needs a name.",
    )
    mpa_port: int = _analytics(
        default=0,
        label="MPA port",
        check=between(0, 65535),
        applies=conditions.mpa,
        when="with an MPA host",
        help="0 means the usual one: 5061 with TLS, else 5060.",
    )
    mpa_transport: str = _analytics(
        default="udp",
        label="MPA transport",
        applies=conditions.mpa,
        when="with an MPA host",
        help="How reports travel.",
        **choices(("udp", "tls")),
    )
    mpa_ca_type: str = _analytics(
        default="public",
        label="MPA certificate CA",
        applies=conditions.mpa_verified,
        when="with mpa_transport=tls and verify_tls",
        help="Who signed its certificate.",
        **choices(CA_TYPES),
    )
