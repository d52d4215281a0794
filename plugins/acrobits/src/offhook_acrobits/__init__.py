"""Configurations for Acrobits Cloud Softphone and Groundwire, for offhook: account XML."""

from collections.abc import Iterable

from offhook.api import (
    ClientFormat,
    ClientRequest,
    ConfigDocument,
    DeviceLink,
    Refusal,
    RenderedConfig,
    Sign,
    hookimpl,
    not_xml,
    refuse_unusable,
)
from offhook_acrobits.account import account_xml, find_losses, refuse_without_account


def identify(request: ClientRequest) -> Sign | None:
    """
    Read the token that somebody typed as the password, or that the app was handed in exchange.

    The apps have no id of their own; a build that exchanges nothing may send a field ``device``.
    """
    token = request.fields.get("cloud_password", "")
    return Sign(token, request.fields.get("device", "")) if token else None


FORMAT = ClientFormat(
    name="acrobits",
    label="Acrobits Softphone",
    version=1,
    content_type="application/xml",
    deep_link=str,
    signs_in=True,
    identify=identify,
    # Not 404: MicroSIP reads the body of that one as an account.
    refusal=Refusal(
        403,
        "application/xml",
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b"<response><message>Sign-in failed. Ask your administrator.</message></response>\n",
    ),
)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """The apps of Acrobits, and those that read their account XML."""
    return (FORMAT,)


@hookimpl
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """Return the account XML; raises `InvalidInput` for what it cannot carry."""
    refuse_without_account(document)
    refuse_unusable(document, device, not_xml, client="Acrobits", settings=("voicemail_number",))
    return RenderedConfig(
        body=account_xml(document, device),
        content_type=client_format.content_type,
        lost=find_losses(document),
    )
