"""Configurations for SessionTalk, for offhook: the JSON of its external provisioning."""

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
    not_text,
    refuse_unusable,
)
from offhook_sessiontalk.accounts import accounts_json, find_losses


def identify(request: ClientRequest) -> Sign | None:
    """Read the token that somebody typed as the password, and the id of the installation."""
    token = request.fields.get("password", "")
    return Sign(token, request.fields.get("deviceId", "")) if token else None


FORMAT = ClientFormat(
    name="sessiontalk",
    label="SessionTalk",
    version=1,
    content_type="application/json",
    deep_link=str,
    signs_in=True,
    identify=identify,
    # Without a list of accounts: an empty one logs the app out, for whatever reason it is refused.
    refusal=Refusal(
        403,
        "application/json",
        b'{"update":false,"errmsg":"Sign-in failed. Ask your administrator."}\n',
    ),
)


@hookimpl
def client_formats() -> Iterable[ClientFormat]:
    """SessionTalk, on phones and computers."""
    return (FORMAT,)


@hookimpl
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """Return the accounts as JSON; raises `InvalidInput` for texts that are none."""
    refuse_unusable(document, device, not_text, client="SessionTalk")
    return RenderedConfig(
        body=accounts_json(document),
        content_type=client_format.content_type,
        lost=find_losses(document),
    )
