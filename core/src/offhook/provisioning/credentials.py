"""Step 3: the credentials that a client registers with, or why there are none."""

from offhook.model.documents import Credentials, Side
from offhook.model.settings import Settings
from offhook.model.sources import HASH_NUMBER
from offhook.model.users import User


def fetch(user: User, settings: Settings) -> tuple[Credentials, ...]:
    """
    Return what the user's client registers with: at the gateway with teleworker, else at the PBX.

    Empty without a softphone, and where `why_not` has something to say.
    """
    if settings.use_softphone == "off":
        return ()
    side: Side = "pbx" if settings.use_teleworker == "off" else "gateway"
    if side == "gateway":
        found = (settings.gateway_host, user.gateway_username, user.gateway_password)
    else:
        found = (settings.pbx_host, user.pbx_username, user.pbx_password)
    host, username, password = found
    if not (host and username and password):
        return ()
    return (Credentials(side=side, host=host, username=username, password=password),)


def why_not(user: User, settings: Settings) -> str:
    """Return what is missing for the user's account, as "incomplete: ..."; empty when complete."""
    if settings.use_softphone == "off":
        return ""
    if settings.use_teleworker != "off":
        needed = {
            "MBG SIP host (profile)": settings.gateway_host,
            "MBG SIP user name": user.gateway_username,
            "MBG SIP password": user.gateway_password,
        }
    else:
        needed = {
            "PBX SIP host (user or profile)": settings.pbx_host,
            "PBX SIP user name": user.pbx_username,
            "PBX SIP password": user.pbx_password,
        }
    lacking = [name for name, value in needed.items() if not value]
    if lacking and "#" in user.number and settings.use_teleworker != "off":
        return f"incomplete: {HASH_NUMBER}"
    return f"incomplete: no {', no '.join(lacking)}" if lacking else ""
