"""Connections whose system lets us in first: asked, approved, renewed in time, or complained of."""

from contextlib import suppress
from datetime import datetime, timedelta

from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError, Refused
from offhook.model.authorizations import Authorization, Begin, Finish, Renew
from offhook.model.secrets import Secret
from offhook.provisioning import connections
from offhook.provisioning.connections import AUTHORIZATION_EVENTS, ENDS, NOT_RENEWED
from offhook.store.authorizations import StoredAuthorization
from offhook.store.store import Store, Transaction

HOOK = "authorize"
RENEWED_EVERY = timedelta(days=28)
TRIED_EVERY = timedelta(days=1)
_ASK_WHY = "Ask its administrator why; then ask to be let in again."


def begin(
    store: Store,
    plugins: Plugins,
    name: str,
    *,
    callback: str = "",
    again: bool = False,
    actor: str,
    now: datetime,
) -> Authorization:
    """
    Ask the system of *name* to let us in; its administrator approves it at ``approve_at``.

    With *callback* the approver's browser brings the verifier there, otherwise a person copies it.
    Raises `InvalidInput` where we are in already, unless it is to be done *again*.
    """
    connection = connections.get(store, plugins, name)
    if not plugins.implements(connection.plugin, HOOK):
        raise InvalidInput(
            f"The system of {name!r} lets us in without being asked: there is nothing to do."
        )
    given = connection.authorization
    if given and given.state == "verified" and not again:
        raise InvalidInput(
            f"{name!r} is authorised already, with token {given.token_id}.",
            hint="To ask anew all the same, add --again.",
        )
    asked = plugins.authorize(connection, Begin(callback))
    with store.write() as tx:
        tx.authorizations.put(StoredAuthorization(connection=name, authorization=asked))
        tx.audit.add(now, actor, "authorisation requested", name, asked.token_id)
    return asked


def finish(
    store: Store, plugins: Plugins, name: str, verifier: Secret, *, actor: str, now: datetime
) -> Authorization:
    """Show the system the verifier that its administrator got; from then on we are in."""
    connection = connections.get(store, plugins, name)
    if not connection.authorization or connection.authorization.state != "requested":
        raise InvalidInput(
            f"Nobody has asked the system of {name!r} to let us in.",
            hint=f"Begin with: offhook connections authorize {name}",
        )
    given = plugins.authorize(connection, Finish(verifier))
    with store.write() as tx:
        _keep(tx, name, given, now)
        tx.audit.add(now, actor, "authorised", name, given.token_id)
    return given


def take_callback(
    store: Store, plugins: Plugins, token: str, verifier: Secret, *, actor: str, now: datetime
) -> tuple[str, Authorization] | None:
    """
    Finish the request that waits with *token*: the approver's browser brings it with a verifier.

    Returns the connection's name and what it got, None where no request waits with that token.
    Without a verifier the request was denied: it is forgotten, and `Refused` is raised.
    """
    with store.read() as tx:
        name = _waiting_with(tx, token)
    if not name:
        return None
    if verifier:
        return name, finish(store, plugins, name, verifier, actor=actor, now=now)
    with store.write() as tx:
        if _waiting_with(tx, token):  # still: an approval may have come at the same time
            tx.authorizations.delete(name)
            tx.audit.add(now, actor, "authorisation denied", name)
    raise Refused(f"The request of {name!r} was denied at the gateway.", hint=_ASK_WHY)


def answer_to(store: Store, name: str, asked: Authorization) -> Authorization | None:
    """
    Return what came of the request *asked*, None while it waits.

    Raises `Refused` where it waits no more, but was denied, or another one has its place.
    """
    with store.read() as tx:
        stored = tx.authorizations.get(name)
    if not stored:
        raise Refused(
            f"The request of {name!r} was denied at the gateway, or dropped with the connection.",
            hint=_ASK_WHY,
        )
    found = stored.authorization
    if found.state == "verified":
        return found
    if found.token != asked.token:
        raise Refused(
            f"Somebody else has asked the system of {name!r} meanwhile.",
            hint="That later request is the one to approve.",
        )
    return None


def renew(store: Store, plugins: Plugins, name: str, *, actor: str, now: datetime) -> Authorization:
    """Get a fresh token for the present one; a failure is an event, and raised."""
    connection = connections.get(store, plugins, name)
    if not connection.authorization or connection.authorization.state != "verified":
        raise InvalidInput(
            f"{name!r} is not authorised.",
            hint=f"Begin with: offhook connections authorize {name}",
        )
    try:
        given = plugins.authorize(connection, Renew())
    except OffhookError as error:
        with store.write() as tx:
            tx.authorizations.note(name, renew_after=now + TRIED_EVERY, failing=str(error))
            text = f"The authorisation of {name} could not be renewed: {error}"
            tx.events.raise_once("warning", NOT_RENEWED, name, text, now)
        raise
    with store.write() as tx:
        _keep(tx, name, given, now)
        tx.audit.add(now, actor, "authorisation renewed", name, given.token_id)
    return given


def look_after(store: Store, plugins: Plugins, *, actor: str, now: datetime) -> None:
    """Renew what is due, and tell of what ends soon; for a schedule, every day."""
    with store.read() as tx:
        verified = [
            each for each in tx.authorizations.all() if each.authorization.state == "verified"
        ]
    for each in verified:
        if each.renew_after is None or each.renew_after <= now:
            with suppress(OffhookError):  # it has raised its event
                renew(store, plugins, each.connection, actor=actor, now=now)
        with store.write() as tx:
            _tell(tx, each.connection, now)


def _waiting_with(tx: Transaction, token: str) -> str | None:
    """Return the connection whose request has that token; all are compared, in constant time."""
    waiting = [each for each in tx.authorizations.all() if each.authorization.state == "requested"]
    found = [each.connection for each in waiting if each.authorization.token.matches(token)]
    return found[0] if found else None


def _keep(tx: Transaction, name: str, given: Authorization, now: datetime) -> None:
    """Store a token that counts; what was wrong with the one before is over."""
    tx.authorizations.put(
        StoredAuthorization(connection=name, authorization=given, renew_after=now + RENEWED_EVERY)
    )
    tx.events.resolve(AUTHORIZATION_EVENTS, [name], now)


def _tell(tx: Transaction, name: str, now: datetime) -> None:
    """Raise the event for the days that are left, once for each token."""
    stored = tx.authorizations.get(name)
    ends = stored.authorization.expires_at if stored else None
    if not stored or not ends:
        return
    left = ends - now
    reached = [days for days in ENDS if left <= timedelta(days=days)]
    if not reached:
        return
    days = min(reached)
    if stored.warned is None or days < stored.warned:
        says = f"ends in {left.days} days" if days else "has ended"
        text = (
            f"The authorisation of {name} {says}, on {ends:%Y-%m-%d}. "
            f"Renew it: offhook connections renew {name}"
        )
        tx.events.raise_once(ENDS[days], f"authorization-ends-{days}", name, text, now)
        tx.authorizations.note(name, warned=days)
