"""Configurations for Linphone, for offhook: lpconfig XML, fetched at every start or once."""

from collections.abc import Iterable, Mapping

from offhook.api import (
    ClientFormat,
    ConfigDocument,
    DeviceLink,
    RenderedConfig,
    hookimpl,
    refuse_unusable,
)
from offhook_linphone.entries import put_accounts, put_fetching, put_settings, take_off
from offhook_linphone.lpconfig import Lpconfig, objection


def deep_link(address: str) -> str:
    """Return what opens the installed app with the configuration at *address*."""
    if address.startswith("https://"):
        return f"linphone-config://{address.removeprefix('https://')}"
    return f"linphone-config:{address}"


def managed(address: str, authority: str) -> Mapping[str, str]:
    """Return what Android's and Apple's managed configuration hands to the app."""
    return {"configUri": address} | ({"rootCa": authority} if authority else {})


def next_document(address: str) -> bytes:
    """Return what lets the phone fetch at *address* from its next start on."""
    config = Lpconfig()
    config.put("misc", "config-uri", address)
    config.put("misc", "transient_provisioning", "0")  # it would forget the address again
    return bytes(config)


FORMAT = ClientFormat(
    name="linphone",
    label="Linphone",
    version=1,
    content_type="application/xml",
    deep_link=deep_link,
    managed=managed,
    next_document=next_document,
    stores={
        "appstore": "https://apps.apple.com/app/linphone/id360065638",
        "playstore": "https://play.google.com/store/apps/details?id=org.linphone",
        "winpc": "https://linphone.org/releases/windows/latest_app_win64",
    },
)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """Linphone, on phones and computers."""
    return (FORMAT,)


@hookimpl
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """Return the lpconfig XML; raises `InvalidInput` for texts that it cannot carry."""
    refuse_unusable(document, device, objection, client=FORMAT.label, settings=["voicemail_number"])
    config = Lpconfig()
    put_fetching(config, device)
    put_accounts(config, document)
    take_off(config, range(len(document.accounts), device.accounts_before))
    lost = put_settings(config, document)
    return RenderedConfig(body=bytes(config), content_type=client_format.content_type, lost=lost)
