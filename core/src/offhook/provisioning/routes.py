"""Routes: where a transport is a redirect service, the links of its mails lead through it."""

from typing import Any
from urllib.parse import urlsplit

from offhook.doors import Plugins
from offhook.model.connections import Connection
from offhook.store.store import Store

OPEN = "open_route"
_HTTPS = 443


def open_to(
    plugins: Plugins, connection: Connection[Any], base_url: str, client_format: str
) -> str:
    """Return the address that leads to *base_url*; empty where links lead there themselves."""
    if not plugins.implements(connection.plugin, OPEN):
        return ""
    place = urlsplit(base_url)
    host, port = place.hostname or "", place.port or _HTTPS
    return plugins.open_route(connection, host, port, client_format).address


def public_keys(store: Store, plugins: Plugins) -> list[str]:
    """Return by which keys redirect services know this installation, or are about to."""
    with store.read() as tx:
        speakers = {each.name: each.plugin for each in tx.connections.all()}
        given = {each.connection: each.authorization.token_id for each in tx.authorizations.all()}
    return sorted(
        key for name, key in given.items() if plugins.implements(speakers.get(name, ""), OPEN)
    )
