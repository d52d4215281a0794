"""The page that a person sees: opened from the mail, PIN asked and checked; never counts."""

from datetime import datetime

from attrs import evolve, frozen

from offhook.doors import Plugins
from offhook.errors import DownloadRefused
from offhook.model.documents import ClientFormat
from offhook.model.secrets import Secret
from offhook.provisioning import addresses, downloads, resolving, tokens
from offhook.store.deployments import Owned
from offhook.store.store import Store, Transaction


@frozen(kw_only=True)
class Page:
    """
    What to show for a token.

    ``config_url`` is the address that the code holds, ``deep_link`` opens the installed app; where
    the app signs in there are ``username`` and ``password`` to type instead. All are missing while
    a PIN is asked for. ``stores`` are addresses of the app by placeholder name; with
    ``directory_signin`` the app may ask for the directory password afterwards.
    """

    asks_pin: bool
    client: str
    config_url: Secret | None = None
    deep_link: Secret | None = None
    username: str = ""
    password: Secret | None = None
    stores: dict[str, str]
    directory_signin: bool = False


def show(store: Store, plugins: Plugins, token: str, *, public_url: str, now: datetime) -> Page:
    """Return the page for *token* and note that it was opened; raises `DownloadRefused`."""
    with store.read() as tx:
        owned = downloads.find_owned(tx, [token], now).get(tokens.hash_of(token))
    reason = downloads.why_refused(owned.deployment, now) if owned else "unknown"
    if not owned or reason:
        raise DownloadRefused(reason)
    if not owned.deployment.opened_at:
        with store.write() as tx:
            tx.deployments.note(owned.deployment.id, opened_at=now)
    resolved = resolving.resolve_for(owned.profile, owned.user, plugins)
    client = plugins.formats.get(resolved.settings.client_format)
    if not client:
        raise DownloadRefused("profile-unavailable")
    base = addresses.base_url(resolved, public_url)
    page = Page(
        asks_pin=bool(owned.user.pin) and not tokens.is_grant(token),
        client=client.label,
        stores=dict(client.stores),
        directory_signin=resolved.settings.directory_signin,
    )
    return page if page.asks_pin else _told(page, owned, client, token, base)


def _told(page: Page, owned: Owned, client: ClientFormat, token: str, base: str) -> Page:
    """Return *page* with what leads to the configuration: an address, or a name and password."""
    if client.signs_in:
        name = owned.user.number or owned.user.key
        return evolve(page, username=name, password=Secret(token))
    address = f"{base}/c/{token}"
    link = Secret(client.deep_link(address))
    return evolve(page, config_url=Secret(address), deep_link=link)


def enter_pin(store: Store, token: str, pin: str, *, now: datetime) -> Secret:
    """
    Return a grant for the right PIN; raises `DownloadRefused` for a wrong one, too.

    The tenth wrong PIN locks the token for good and raises an event.
    """
    with store.write() as tx:
        key = tokens.hash_of(token)
        owned = tx.deployments.owned_by_tokens([key]).get(key)
        reason = _why_no_grant(owned, pin, now)
        if owned and not reason:
            grant = tokens.make_text(tokens.GRANT_LENGTH)
            ends = now + downloads.GRANT_LIFE
            tx.deployments.add_grant(tokens.hash_of(grant.reveal()), owned.deployment.id, ends)
            return grant
        if owned and reason == "wrong-pin":
            _count_wrong_pin(tx, owned, now)
    raise DownloadRefused(reason)


def _why_no_grant(owned: Owned | None, pin: str, now: datetime) -> str:
    if not owned:
        return "unknown"
    reason = downloads.why_refused(owned.deployment, now)
    if reason or not owned.user.pin:
        return reason or "no-pin"
    return "" if owned.user.pin.matches(pin.strip()) else "wrong-pin"


def _count_wrong_pin(tx: Transaction, owned: Owned, now: datetime) -> None:
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
