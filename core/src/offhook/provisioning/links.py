"""The addresses of a user's current link, while its code may still be shown."""

from datetime import datetime

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.deployments import Deployment
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import addresses, downloads, profiles, resolving, users
from offhook.store.store import Store


@frozen(kw_only=True)
class Links:
    """``config_url`` is what the code holds, ``page_url`` what a person opens."""

    user: User
    deployment: Deployment
    config_url: Secret
    page_url: Secret


def of_user(store: Store, plugins: Plugins, name: str, *, public_url: str, now: datetime) -> Links:
    """Return the links of a user; raises `InvalidInput` when there is none to show."""
    with store.read() as tx:
        user = users.find(tx, name)
        profile = profiles.get(tx, user.profile)
        deployment = tx.deployments.current(user.id)
        token = tx.deployments.token_text(deployment.id) if deployment else None
    if not deployment:
        raise InvalidInput(
            f"{user.key} has no link yet.", hint=f"Run: offhook deploy --local {user.key}"
        )
    ended = downloads.why_refused(deployment, now)
    if ended or not token:
        raise InvalidInput(
            f"The link of {user.key} is {ended or 'no longer kept'}: its code cannot be shown.",
            hint=f"offhook explain {user.key}; a fresh one: offhook deploy --local {user.key}",
        )
    base = addresses.base_url(resolving.resolve_for(profile, user, plugins), public_url)
    return Links(
        user=user,
        deployment=deployment,
        config_url=Secret(f"{base}/c/{token.reveal()}"),
        page_url=Secret(f"{base}/d/{token.reveal()}"),
    )
