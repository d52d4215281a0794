"""Step 4: builds the document that a client is told, from profile, user and credentials."""

from typing import Any

from offhook.model.documents import Account, ConfigDocument, Credentials
from offhook.model.profiles import ResolvedProfile
from offhook.model.settings import TWINS, Settings
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
    def at_side(name: str) -> Any:
        return getattr(settings, name if found.side == "pbx" else TWINS[name])

    transport = at_side("sip_transport")
    tls = transport == "tls"
    return Account(
        credentials=found,
        display_name=user.name or user.number,
        transport=transport,
        port=0 if at_side("pbx_srv") else at_side("sip_port") or (5061 if tls else 5060),
        srtp=at_side("srtp_mode") if tls else "off",
        realm=at_side("realm"),
    )
