"""Step 4: builds the document that a client is told, from profile, user and credentials."""

from offhook.model.documents import Account, ConfigDocument, Credentials
from offhook.model.profiles import ResolvedProfile
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import credentials


def build(user: User, resolved: ResolvedProfile) -> ConfigDocument:
    """Return everything that the client of *user* is told; only settings that apply are in it."""
    settings = resolved.settings
    return ConfigDocument(
        user_id=user.id,
        display_name=user.name or user.number,
        number=user.number,
        accounts=tuple(
            _account(found, user, settings) for found in credentials.fetch(user, settings)
        ),
        settings=resolved.told,
    )


def _account(found: Credentials, user: User, settings: Settings) -> Account:
    if found.side == "gateway":
        transport, port = settings.gateway_transport, settings.gateway_port
        srtp = settings.gateway_srtp_mode
    else:
        transport, port, srtp = settings.sip_transport, settings.sip_port, settings.srtp_mode
    tls = transport == "tls"
    by_srv = found.side == "gateway" and settings.gateway_srv
    return Account(
        credentials=found,
        display_name=user.name or user.number,
        transport=transport,
        port=0 if by_srv else port or (5061 if tls else 5060),
        srtp=srtp if tls else "off",
    )
