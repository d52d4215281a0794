"""Asks gateways whose clients are registered, and notes it with their deployments."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import Factory, define

from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.users import Selection, User
from offhook.provisioning import connections, gateways
from offhook.provisioning.pacing import batches
from offhook.store.store import Store

HOOK = "registrations"
WAITED_FOR = timedelta(days=7)  # whoever has not registered by then is asked for by hand


@define(kw_only=True)
class RegistrationReport:
    """
    Whether the client of each user is registered right now, by the user's key.

    ``unknown`` says why it cannot be told.
    """

    registered: dict[str, bool] = Factory(dict)
    unknown: dict[str, str] = Factory(dict)


def ask(
    store: Store, plugins: Plugins, selection: Selection, *, now: datetime
) -> RegistrationReport:
    """Ask for the selected users; who is registered is noted with the current deployment."""
    report = RegistrationReport()
    for ids in batches(store, selection):
        found = gateways.group(store, plugins, ids)
        for user in found.at_pbx:
            report.unknown[user.key] = "its client registers at the PBX, which does not tell"
        for gateway, users in found.at_gateways.items():
            _ask(store, plugins, gateway, users, report, now)
    return report


def look_after(store: Store, plugins: Plugins, *, now: datetime) -> None:
    """Ask for those whose client has downloaded lately and was never seen registered."""
    with store.read() as tx:
        speakers = {each.plugin for each in tx.connections.all()}
        if not any(plugins.implements(plugin, HOOK) for plugin in speakers):
            return
        ids = tx.deployments.unregistered(since=now - WAITED_FOR)
    if ids:
        ask(store, plugins, Selection(ids=tuple(ids)), now=now)


def _ask(
    store: Store,
    plugins: Plugins,
    gateway: str,
    users: Sequence[User],
    report: RegistrationReport,
    now: datetime,
) -> None:
    try:
        connection: Any = connections.get(store, plugins, gateway)
        answers: Mapping[str, bool] = plugins.registrations(connection, gateways.asked_of(users))
    except OffhookError as error:
        report.unknown |= dict.fromkeys((user.key for user in users), error.whole)
        return
    for user in users:
        if user.id in answers:
            report.registered[user.key] = answers[user.id]
        else:
            report.unknown[user.key] = "the gateway does not tell"
    with store.write() as tx:
        tx.deployments.note_registered(
            [each for each, is_there in answers.items() if is_there], now
        )
