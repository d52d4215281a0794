"""Where clients ask: the addresses for downloads, refreshes and logs."""

from offhook.model.documents import DeviceLink
from offhook.model.profiles import ResolvedProfile
from offhook.model.secrets import Secret


def device_link(
    resolved: ResolvedProfile, token: Secret, public_url: str, *, accounts_before: int
) -> DeviceLink:
    """Return the addresses of a device with *token* in them, and what it may hold."""
    once = resolved.settings.fetch == "once"
    base = base_url(resolved, public_url)
    return DeviceLink(
        url=Secret(f"{base}/r/{token.reveal()}"),
        logs=Secret(f"{base}/l/{token.reveal()}") if resolved.settings.log_upload else None,
        token=token,
        once=once,
        interval=0 if once else resolved.settings.refresh_interval,
        accounts_before=accounts_before,
    )


def base_url(resolved: ResolvedProfile, public_url: str) -> str:
    """Return the address that clients of a profile download from, without a slash at its end."""
    host = resolved.settings.download_host
    return f"https://{host}" if host else public_url.rstrip("/")
