"""Configurations for Zoiper, for offhook: what an OEM build asks for at its token URL."""

from collections.abc import Iterable

from offhook.api import (
    ClientFormat,
    ConfigDocument,
    DeviceLink,
    RenderedConfig,
    hookimpl,
    refuse_unusable,
)
from offhook_zoiper.options import find_losses, objection, options_xml

FORMAT = ClientFormat(
    name="zoiper",
    label="Zoiper",
    version=1,
    content_type="application/xml",
    deep_link=str,
)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """Builds of Zoiper that the vendor makes for a provider."""
    return (FORMAT,)


@hookimpl
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """Return the options XML; raises `InvalidInput` for texts that it cannot carry."""
    refuse_unusable(document, device, objection, client="Zoiper")
    return RenderedConfig(
        body=options_xml(document),
        content_type=client_format.content_type,
        lost=find_losses(document),
    )
