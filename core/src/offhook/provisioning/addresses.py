"""Where clients ask: the addresses for downloads and refreshes."""

from offhook.model.documents import DeviceLink
from offhook.model.profiles import ResolvedProfile
from offhook.model.secrets import Secret


def device_link(
    resolved: ResolvedProfile, token: Secret, public_url: str, *, accounts_before: int
) -> DeviceLink:
    """Return the address for refreshes with *token* in it, and what the device may hold."""
    once = resolved.settings.fetch == "once"
    return DeviceLink(
        url=Secret(f"{base_url(resolved, public_url)}/r/{token.reveal()}"),
        token=token,
        once=once,
        interval=0 if once else resolved.settings.refresh_interval,
        accounts_before=accounts_before,
    )


def base_url(resolved: ResolvedProfile, public_url: str) -> str:
    """Return the address that clients of a profile download from, without a slash at its end."""
    host = resolved.settings.download_host
    return f"https://{host}" if host else public_url.rstrip("/")
