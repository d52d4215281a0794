"""The mails of a chunk: which can still be sent, and where the links in them lead through."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from attrs import Factory, frozen

from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.connections import Connection
from offhook.model.deployments import Deployment, Message
from offhook.provisioning import addresses, invitations, routes
from offhook.provisioning.planning import Planner
from offhook.store.campaigns import Mail


@frozen(kw_only=True)
class Letter:
    """A mail that is written as soon as it is known where its links lead through."""

    key: str
    transport: str
    base_url: str
    client_format: str
    write: Callable[..., Message]


@frozen
class Written:
    """Mails by key; and why others cannot be written, each reason with the keys of its mails."""

    messages: dict[str, Message] = Factory(dict)
    failures: list[tuple[OffhookError, list[str]]] = Factory(list)


def compose(
    mail: Mail,
    planner: Planner,
    plugins: Plugins,
    texts: invitations.Texts,
    public_url: str,
    now: datetime,
) -> Letter | str:
    """Return a letter, or the reason why this mail cannot be sent any more."""
    if not mail.user:
        return "the user was deleted before the mail was sent"
    ended = why_ended(mail.deployment, now)
    if ended or not mail.token:
        return ended or "the link is not kept any more"
    planned = planner.decide(mail.user)
    if planned.why_not:
        return planned.why_not
    settings = planned.resolved.settings
    client = plugins.formats[settings.client_format]
    base = addresses.base_url(planned.resolved, public_url)
    given = (mail.user, mail.deployment, mail.token, texts, client, base)
    return Letter(
        key=mail.deployment.id,
        transport=planned.transport,
        base_url=base,
        client_format=client.name,
        write=partial(invitations.write, *given, directory_signin=settings.directory_signin),
    )


def write_all(plugins: Plugins, connection: Connection[Any], letters: Iterable[Letter]) -> Written:
    """Write *letters*; one route is opened for all that go to the same place."""
    places: dict[tuple[str, str], list[Letter]] = {}
    for letter in letters:
        places.setdefault((letter.base_url, letter.client_format), []).append(letter)
    written = Written()
    for place, those in places.items():
        try:
            route = routes.open_to(plugins, connection, *place)
        except OffhookError as error:
            written.failures.append((error, [each.key for each in those]))
        else:
            written.messages.update((each.key, each.write(route=route)) for each in those)
    return written


def why_ended(deployment: Deployment, now: datetime) -> str:
    """Return why a link is not sent any more; empty where it is."""
    state = deployment.token_state_at(now)
    return "" if state == "open" else f"the link is {state}: the mail was not sent before it ended"
