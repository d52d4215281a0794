"""Configurations for baresip, for offhook: accounts and settings, fetched by a small script."""

from collections.abc import Iterable

from offhook.api import ClientFormat, ConfigDocument, DeviceLink, RenderedConfig, hookimpl
from offhook_baresip.accounts import account_line, refuse_unwritable
from offhook_baresip.table import authority, config_lines, losses, parameters

FORMAT = ClientFormat(
    name="baresip",
    label="baresip",
    version=1,
    content_type="text/plain; charset=utf-8",
    deep_link=str,
)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """The program baresip, on computers of any kind."""
    return (FORMAT,)


@hookimpl
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """Return baresip's files as parts of one text, each behind its name in brackets."""
    told = parameters(document)
    accounts = [account_line(account, told) for account in document.accounts]
    refuse_unwritable(document, device, accounts)
    parts = {
        "refresh": [] if device.once else [device.url.reveal()],
        "ca.pem": authority(document).splitlines(),
        "config": config_lines(document),
        "accounts": accounts,
    }
    lines = [line for name, part in parts.items() for line in (f"[{name}]", *part)]
    return RenderedConfig(
        body="".join(f"{line}\n" for line in lines).encode(),
        content_type=client_format.content_type,
        lost=losses(document),
    )
