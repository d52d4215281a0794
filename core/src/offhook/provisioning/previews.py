"""The deployment mail before it is meant: shown for a real user, or sent to try it."""

import secrets
from contextlib import closing
from datetime import datetime
from typing import Any, cast

from attrs import evolve, frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem
from offhook.model.deployments import Message, Receipt
from offhook.model.rules import check_email
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import (
    addresses,
    connections,
    invitations,
    profiles,
    tokens,
    users,
)
from offhook.provisioning.planning import Planned, Planner
from offhook.provisioning.profiles import DEFAULT
from offhook.store.store import Store

SAMPLE_TOKEN = Secret("ABCDE-FGHJK-MNPQR-STVWX")
_MARK = "[Test] "


@frozen(kw_only=True)
class Preview:
    """A mail that is not sent, with a sample token; ``planned`` tells recipient and rule."""

    message: Message
    planned: Planned


def preview(
    store: Store, plugins: Plugins, name: str, *, public_url: str, now: datetime
) -> Preview:
    """Return the mail that the user of that name would get; raises `InvalidInput` for none."""
    with store.read() as tx:
        user = users.find(tx, name)
        planned = Planner(tx, plugins, "").decide(user)
        texts = invitations.load(tx)
    return Preview(message=_write(planned, texts, plugins, public_url, now), planned=planned)


def send_test(
    store: Store,
    plugins: Plugins,
    address: str,
    *,
    name: str = "",
    transport: str = "",
    public_url: str,
    now: datetime,
) -> Receipt:
    """
    Send a sample mail to *address* and return what became of it; its link leads nowhere.

    It looks as for the user of that name, or for an invented one. Raises what the transport raises.
    """
    try:
        check_email(address)
    except ValueError as error:
        raise InvalidInput("No mail:", [Problem("address", address, str(error))]) from error
    with store.read() as tx:
        user = users.find(tx, name) if name else invent(profiles.get(tx, DEFAULT).name, now)
        planner = Planner(tx, plugins, transport)
        planner.check()
        planned = planner.decide(user)
        texts = invitations.load(tx)
    if not planned.transport:
        raise InvalidInput(f"No mail can be sent: {planned.why_not}.")
    written = _write(planned, texts, plugins, public_url, now)
    message = evolve(written, to=address, subject=f"{_MARK}{written.subject}")
    connection = connections.get(store, plugins, planned.transport)
    with closing(cast(Any, plugins.send(connection, [message]))) as items:
        receipts = [item for item in items if isinstance(item, Receipt)]
    return receipts[0] if receipts else Receipt(message.key, "uncertain", "nothing was said of it")


def _write(
    planned: Planned, texts: invitations.Texts, plugins: Plugins, public_url: str, now: datetime
) -> Message:
    settings = planned.resolved.settings
    client = plugins.formats.get(settings.client_format)
    if not client:
        raise InvalidInput(f"There is no mail: {planned.why_not}.")
    issued = tokens.issue(planned.user.id, settings, campaign_id="", now=now).deployment
    base = addresses.base_url(planned.resolved, public_url)
    message_id = invitations.message_id_of(issued.id, base)
    deployment = evolve(issued, recipient=planned.recipient, message_id=message_id)
    return invitations.write(
        planned.user,
        deployment,
        SAMPLE_TOKEN,
        texts,
        client,
        base,
        directory_signin=planned.resolved.settings.directory_signin,
    )


def invent(profile: str, now: datetime) -> User:
    """Return a user who does not exist, complete."""
    return User(
        id=secrets.token_hex(8),
        profile=profile,
        first_name="Ana",
        last_name="Ruiz",
        number="2001",
        email="ana.ruiz@example.org",
        pbx_host="pbx.example.org",
        pbx_username="2001",
        pbx_password=Secret("secret"),
        gateway_username="ruiza-2001",
        gateway_password=Secret("secret"),
        created_at=now,
    )
