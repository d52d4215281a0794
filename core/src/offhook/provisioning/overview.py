"""What an administrator looks through: users, one user's deployments, connections, readiness."""

from datetime import datetime
from typing import Any

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.authorizations import Authorization
from offhook.model.deployments import Deployment
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.users import Selection, UserPage
from offhook.provisioning import authorizations, connections, resolving, sitesettings
from offhook.store.connections import StoredConnection
from offhook.store.engines import check_connection
from offhook.store.store import Store


@frozen
class Listed:
    """A page of users, and how many are selected in all."""

    page: UserPage
    total: int


@frozen(kw_only=True)
class ProfileLine:
    """A line of the profiles list; ``missing`` is why nobody with it can be deployed, if so."""

    name: str
    pbx_type: str
    call_mode: str
    use_softphone: str
    use_teleworker: str
    users: int
    missing: str


@frozen(kw_only=True)
class ConnectionLine:
    """
    A connection as it is listed; ``host`` is the option that says which system it is.

    ``authorizes`` where the system has to let us in; then ``token_id``, ``verified`` and
    ``expires_in_days`` (None where that is not known) say how that stands.
    """

    id: str
    name: str
    plugin: str
    host: str
    default_transport: bool
    default_gateway: bool
    state: str
    authorizes: bool
    token_id: str
    verified: bool
    expires_in_days: int | None


def list_users(
    store: Store,
    selection: Selection,
    *,
    sort: str = "last_name",
    descending: bool = False,
    after: str = "",
    limit: int = 50,
) -> Listed:
    """Return up to *limit* users; an unreadable *after* starts from the first."""
    with store.read() as tx:
        total = tx.users.count(selection)
        try:
            page = tx.users.page(
                selection, sort=sort, descending=descending, after=after or None, limit=limit
            )
        except ValueError:
            page = tx.users.page(selection, sort=sort, descending=descending, limit=limit)
    return Listed(page, total)


def deployments_of(store: Store, user_id: str) -> list[Deployment]:
    """Return a user's deployments, the newest first."""
    with store.read() as tx:
        return tx.deployments.of_user(user_id)


def list_profiles(store: Store, plugins: Plugins) -> list[ProfileLine]:
    """Return all profiles, by name, each with how many users hold it."""
    with store.read() as tx:
        found = tx.profiles.all()
        counts = {each.id: tx.profiles.count_users(each.id) for each in found}
    return [_profile_line(each, counts[each.id], plugins) for each in found]


def _profile_line(profile: Profile, users: int, plugins: Plugins) -> ProfileLine:
    settings = resolving.resolve_for(profile, None, plugins).settings
    return ProfileLine(
        name=profile.name,
        pbx_type=profile.pbx_type,
        call_mode=settings.call_mode,
        use_softphone=settings.use_softphone,
        use_teleworker=settings.use_teleworker,
        users=users,
        missing=resolving.missing(profile, plugins),
    )


def list_connections(store: Store, plugins: Plugins, *, now: datetime) -> list[ConnectionLine]:
    """Return every connection, by name."""
    with store.read() as tx:
        stored = tx.connections.all()
        transport = tx.values.get(connections.DEFAULT_TRANSPORT)
        gateway = tx.values.get(sitesettings.DEFAULT_GATEWAY)
        given = {each.connection: each.authorization for each in tx.authorizations.all()}
    return [
        ConnectionLine(
            id=each.id,
            name=each.name,
            plugin=each.plugin,
            host=_host(each, plugins),
            default_transport=each.name == transport,
            default_gateway=each.name == gateway,
            state=_state(each, plugins),
            authorizes=plugins.implements(each.plugin, authorizations.HOOK),
            **_standing(given.get(each.name), now),
        )
        for each in stored
    ]


def check_ready(store: Store) -> None:
    """Raise `Unreachable` when the database does not answer."""
    check_connection(store.engine)


def _host(stored: StoredConnection, plugins: Plugins) -> str:
    """Return what tells the system from others of its kind; empty where nothing does."""
    try:
        fields = describe(plugins.options_class(stored.plugin))
    except OffhookError:  # the plugin is not there; its state says so
        return ""
    known = {key: fields[key] for key in stored.options if key in fields}
    shown = [key for key, each in known.items() if each.identifies and not each.secret]
    return ", ".join(stored.options[key].reveal() for key in shown)


def _state(stored: StoredConnection, plugins: Plugins) -> str:
    try:
        connections.read(stored, plugins)
    except OffhookError as error:
        return f"unavailable: {error}"
    return "ready"


def _standing(given: Authorization | None, now: datetime) -> dict[str, Any]:
    ends = given.expires_at if given else None
    return {
        "token_id": given.token_id if given else "",
        "verified": bool(given and given.state == "verified"),
        "expires_in_days": (ends - now).days if ends else None,
    }
