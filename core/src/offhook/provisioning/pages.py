"""The page that a person sees: opened from the mail, PIN asked and checked; never counts."""

from datetime import datetime

from attrs import frozen

from offhook.doors import Plugins
from offhook.model.secrets import Secret
from offhook.provisioning import downloads, profiles, tokens
from offhook.store.store import Store


@frozen(kw_only=True)
class Page:
    """
    What to show for a token.

    ``config_url`` is the address that the code holds, ``deep_link`` opens the installed app, both
    empty while a PIN is asked for. ``stores`` are addresses of the app by placeholder name.
    """

    asks_pin: bool
    client: str
    config_url: str = ""
    deep_link: str = ""
    stores: dict[str, str]


def show(
    store: Store, plugins: Plugins, token: str, *, public_url: str, now: datetime
) -> Page | None:
    """Return the page for *token* and note that it was opened; nothing when it is refused."""
    with store.read() as tx:
        owned = downloads.find_owned(tx, [token], now).get(tokens.hash_of(token))
    if not owned or downloads.why_refused(owned.deployment, now):
        return None
    if not owned.deployment.opened_at:
        with store.write() as tx:
            tx.deployments.note(owned.deployment.id, opened_at=now)
    resolved = profiles.resolve_for(owned.profile, owned.user, plugins)
    client = plugins.formats.get(resolved.settings.client_format)
    if not client:
        return None
    is_grant = len(tokens.normalize(token)) == tokens.GRANT_LENGTH
    stores = dict(client.stores)
    if owned.user.pin and not is_grant:
        return Page(asks_pin=True, client=client.label, stores=stores)
    address = f"{downloads.base_url(resolved, public_url)}/c/{token}"
    return Page(
        asks_pin=False,
        client=client.label,
        config_url=address,
        deep_link=client.deep_link(address),
        stores=stores,
    )


def enter_pin(store: Store, token: str, pin: str, *, now: datetime) -> Secret | None:
    """
    Return a grant for the right PIN, nothing for a wrong one or a refused token.

    The tenth wrong PIN locks the token for good and raises an event.
    """
    with store.write() as tx:
        key = tokens.hash_of(token)
        owned = tx.deployments.owned_by_tokens([key]).get(key)
        if not owned or not owned.user.pin or downloads.why_refused(owned.deployment, now):
            return None
        if owned.user.pin.matches(pin.strip()):
            grant = tokens.make_text(tokens.GRANT_LENGTH)
            ends = now + downloads.GRANT_LIFE
            tx.deployments.add_grant(tokens.hash_of(grant.reveal()), owned.deployment.id, ends)
            return grant
        tx.refusals.count(owned.deployment.id, "wrong-pin", "", now)
        if tx.deployments.count_wrong_pin(owned.deployment.id, downloads.PIN_TRIES):
            tx.events.raise_once(
                "warning",
                "token-locked",
                owned.user.key,
                f"{downloads.PIN_TRIES} wrong PINs locked the link of {owned.user.key} "
                f"({owned.user.name}). Ask who tried; deploy again for a new link.",
                now,
            )
    return None
