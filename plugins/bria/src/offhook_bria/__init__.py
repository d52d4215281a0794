"""Configurations for Bria 2.5 to 4, for offhook: the text that its login server answers with."""

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
    refuse_unusable,
)
from offhook_bria.proxies import answer_text, find_losses, named_without_quotes, objection

TEXT = "text/plain; charset=utf-8"


def identify(request: ClientRequest) -> Sign | None:
    """
    Read the token that somebody typed as the password; the user name stands for the computer.

    Bria has no id of its own, and signs in with the same two at every start.
    """
    name = request.fields.get("Username", "").strip().casefold()
    token = request.fields.get("Password", "")
    return Sign(token, name) if name and token else None


FORMAT = ClientFormat(
    name="bria",
    label="Bria",
    version=1,
    content_type=TEXT,
    deep_link=str,
    signs_in=True,
    identify=identify,
    refusal=Refusal(
        200,
        TEXT,
        b'[DATA]\r\nSuccess=0\r\nFailure="Sign-in failed. Ask your administrator."\r\n',
    ),
)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """Bria for Windows and Mac, as long as it signs in at one's own server."""
    return (FORMAT,)


@hookimpl
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """Return the answer to a login; raises `InvalidInput` for texts that it cannot carry."""
    document = named_without_quotes(document)
    refuse_unusable(document, device, objection, client="Bria", settings=("voicemail_number",))
    return RenderedConfig(
        body=answer_text(document, device),
        content_type=client_format.content_type,
        lost=find_losses(document),
    )
