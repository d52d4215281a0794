"""Reads what a source holds: streamed, checked, kept apart until its end, then all at once."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from attrs import evolve

from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError, PluginError
from offhook.model.connections import Connection
from offhook.model.described import Description, describe
from offhook.model.rules import printable, read_line
from offhook.model.secrets import Secret
from offhook.model.sources import Skipped, Source, SourceUser
from offhook.model.users import UserFields
from offhook.provisioning import connections
from offhook.provisioning.campaigns import Enqueue
from offhook.provisioning.connections import SOURCE_EVENTS, UNREADABLE, UNSYNCED
from offhook.provisioning.pacing import BATCH, PacedWrites
from offhook.store.sources import Reading
from offhook.store.store import Store

LIST = "list_users"
SYNC = "sync"
_FIELDS = {name: each for name, each in describe(UserFields).items() if name != "pin"}
_LINES = ("key", "pbx", "login", "role", "phone")


def names(store: Store, plugins: Plugins, wanted: Collection[str] = ()) -> list[str]:
    """Return the connections that users come from, or of these the *wanted* ones."""
    with store.read() as tx:
        able = [each.name for each in tx.connections.all() if plugins.implements(each.plugin, LIST)]
        for name in wanted:
            stored = connections.find(tx, name)
            if name not in able:
                connections.read(stored, plugins)
                raise InvalidInput(
                    f"No users come from the connection {name!r}: "
                    f"its plugin {stored.plugin} reads none.",
                    hint=f"Users come from: {', '.join(able) or 'no connection yet'}.",
                )
    if not able:
        raise InvalidInput(
            "There is no connection that users come from.",
            hint="Add a PBX: offhook connections add NAME --plugin PLUGIN ...",
        )
    return [name for name in able if name in wanted or not wanted]


def read(
    store: Store,
    plugins: Plugins,
    name: str,
    *,
    now: datetime,
    on_progress: Callable[[int], object] = lambda done: None,
) -> Reading:
    """
    Read all that the source *name* holds; what was read before counts until this is at its end.

    A source that fails on the way changes nothing: its error is raised, saying how far it came.
    """
    with store.read() as tx:
        connections.find(tx, name)
    writes, done = PacedWrites(store), 0
    batch: list[SourceUser | Skipped] = []
    with writes.write(durable=False) as tx:
        run = tx.sources.begin(name)
    try:
        for each in _checked(plugins, connections.get(store, plugins, name)):
            batch.append(each)
            if len(batch) == BATCH:
                done = _stage(writes, run, name, done, batch)
                on_progress(done)
        done = _stage(writes, run, name, done, batch)
    except OffhookError as error:
        end = f"It ended after {done + len(batch)} entries; nothing was changed."
        error.hint = f"{error.hint} {end}".strip()
        _note_failure(store, run, name, error, now)
        raise
    with writes.write() as tx:
        found = tx.sources.finish(run, name, now)
        tx.events.resolve([UNREADABLE], [name], now)
    return found


def check_read(store: Store, wanted: Collection[str]) -> None:
    """Raise `InvalidInput` where one of these sources was never read to its end."""
    with store.read() as tx:
        never = [name for name in wanted if not tx.sources.get(name).read_at]
    if never:
        raise InvalidInput(
            f"The users of {', '.join(never)} have not been read yet.",
            hint="Leave --last away, and they are.",
        )


def schedule(
    store: Store,
    plugins: Plugins,
    name: str,
    *,
    every: int,
    automatic: bool,
    actor: str,
    now: datetime,
) -> Source:
    """Say how often a source is read on its own, and whether a sync adds and deploys new users."""
    names(store, plugins, [name])
    with store.write() as tx:
        tx.sources.set(name, every=every, automatic=automatic)
        tx.audit.add(now, actor, "schedule set", name, f"every {every} min, automatic {automatic}")
        return tx.sources.get(name)


def enqueue_due(
    store: Store,
    enqueue: Enqueue,
    unfinished: Callable[[str], set[tuple[str, ...]]],
    *,
    now: datetime,
) -> None:
    """Enqueue the syncs that are due on their schedules, but for those still waiting or running."""
    with store.read() as tx:
        due = tx.sources.due(now)
    busy = unfinished(SYNC) if due else set()
    for name in due:
        if (name,) in busy:
            continue
        with store.write() as tx:
            tx.sources.set(name, tried_at=now)
            enqueue(tx, SYNC, name)


def note_sync(store: Store, name: str, error: OffhookError | None, *, now: datetime) -> None:
    """Raise an event for a scheduled sync that failed; one that ended well ends the event."""
    with store.write() as tx:
        if error:
            text = f"The users of {name} could not be synchronised: {error}"
            tx.events.raise_once(SOURCE_EVENTS[UNSYNCED], UNSYNCED, name, text, now)
        else:
            tx.events.resolve([UNSYNCED], [name], now)


def _stage(
    writes: PacedWrites, run: str, name: str, done: int, batch: list[SourceUser | Skipped]
) -> int:
    """Store *batch* and empty it; returns how many entries are stored now."""
    with writes.write(durable=False) as tx:
        tx.sources.stage(run, name, done, batch)
    done += len(batch)
    batch.clear()
    return done


def _note_failure(store: Store, run: str, name: str, error: OffhookError, now: datetime) -> None:
    with store.write() as tx:
        tx.sources.fail(run, name, str(error), now)
        text = f"The users of {name} could not be read: {error}"
        tx.events.raise_once(SOURCE_EVENTS[UNREADABLE], UNREADABLE, name, text, now)


def _checked(plugins: Plugins, connection: Connection[object]) -> Iterator[SourceUser | Skipped]:
    """Yield what the source lists, a user whose fields cannot be used being left out."""
    for each in plugins.list_users(connection):
        if isinstance(each, Skipped):
            yield Skipped(printable(each.key), printable(each.reason))
        else:
            yield _check(connection.plugin, each)


def _check(plugin: str, user: SourceUser) -> SourceUser | Skipped:
    fields: dict[str, str | Secret] = {}
    for name in _LINES:
        try:
            read_line(getattr(user, name))
        except ValueError as error:
            return Skipped(printable(user.key), f"{name} {getattr(user, name)!r}: {error}")
    for name, value in user.fields.items():
        its = _description(plugin, name, value)
        try:
            text = value.reveal() if isinstance(value, Secret) else value
            fields[name] = its.parse(text) if text else value
        except ValueError as error:
            shown = "****" if its.secret else repr(value)
            return Skipped(user.key, f"{its.label} {shown}: {error}")
    return evolve(user, fields=fields)


def _description(plugin: str, name: str, value: object) -> Description:
    """Return what the field *name* is; raises `PluginError` where *value* cannot be one."""
    if name not in _FIELDS:
        raise PluginError(plugin, f"list_users gave the field {name!r}, which users have not.")
    if not isinstance(value, (str, Secret) if _FIELDS[name].secret else str):
        kind = type(value).__name__
        raise PluginError(plugin, f"list_users gave the field {name!r} as {kind}, not as text.")
    return _FIELDS[name]
