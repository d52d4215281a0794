"""A configuration before anybody gets it: rendered for a real or an invented user, masked."""

from typing import Any

from attrs import evolve, frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.described import describe
from offhook.model.documents import RenderedConfig
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.users import User, UserFields
from offhook.provisioning import addresses, credentials, documents, resolving

_MASK = Secret("****")
_SECRETS = [name for name, each in describe(UserFields).items() if each.secret]


@frozen(kw_only=True)
class ConfigPreview:
    """What a client would get; ``label`` is how people call that kind of client."""

    label: str
    config: RenderedConfig


def render(
    profile: Profile,
    user: User,
    plugins: Plugins,
    *,
    client_format: str = "",
    public_url: str = "https://phones.example.org",
) -> ConfigPreview:
    """
    Return the configuration of *user*, with stars for every secret in it.

    *client_format* is another one than the profile's. Raises `InvalidInput` for a user who cannot
    be deployed.
    """
    resolved = resolving.resolve_for(profile, user, plugins)
    if reason := credentials.why_not(user, resolved.settings):
        raise InvalidInput(f"There is no configuration for {user.key}: {reason}.")
    secrets: dict[str, Any] = {name: _MASK for name in _SECRETS if getattr(user, name)}
    masked = evolve(user, **secrets)
    link = addresses.device_link(resolved, _MASK, public_url, accounts_before=0)
    name = client_format or resolved.settings.client_format
    config = plugins.render(name, documents.build(masked, resolved), link)
    return ConfigPreview(label=plugins.formats[name].label, config=config)
