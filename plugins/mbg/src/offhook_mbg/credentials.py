"""Reads what teleworkers register with at a border gateway, and sets it."""

from collections.abc import Mapping, Sequence

from offhook.api import (
    AskedCredentials,
    Connection,
    FoundCredentials,
    Secret,
    WantedCredentials,
)
from offhook_mbg.client import Gateway
from offhook_mbg.facts import FACTS
from offhook_mbg.items import SipUser, objection, over_remote
from offhook_mbg.opening import let_in, opened
from offhook_mbg.options import Options
from offhook_mbg.search import Effort, Search, Wanted


def fetch_all(
    connection: Connection[Options], asked: Sequence[AskedCredentials]
) -> dict[str, FoundCredentials | str]:
    """Return by key what each registers with, or why there is nothing."""
    options = connection.options
    answers: dict[str, FoundCredentials | str] = {}
    answers.update(_held_back(options, asked))
    others = [each for each in asked if each.key not in answers]
    with opened(connection, let_in(connection)) as gateway:
        search = Search(gateway, others, Effort(), passwords=True)
    for each in others:
        user = _usable(search, each, options)
        answers[each.key] = user if isinstance(user, str) else _found(user)
    return answers


def tell_registered(
    connection: Connection[Options], asked: Sequence[AskedCredentials]
) -> dict[str, bool]:
    """Return by key whose client is registered, and whose is not, as far as the gateway tells."""
    with opened(connection, let_in(connection)) as gateway:
        search = Search(gateway, asked, Effort(), passwords=False)
    found = {each.key: search.outcome(each) for each in asked}
    return {
        key: user.registered
        for key, user in found.items()
        if isinstance(user, SipUser) and user.registered is not None
    }


def set_all(
    connection: Connection[Options], wanted: Sequence[WantedCredentials]
) -> Mapping[str, str]:
    """
    Set every set-side password; return by key why one was not taken.

    Raises where none could be set because the gateway cannot be reached, or refuses us as a whole.
    """
    options, effort = connection.options, Effort()
    reasons = _held_back(options, wanted)
    others = [each for each in wanted if each.key not in reasons]
    with opened(connection, let_in(connection)) as gateway:
        search = Search(gateway, others, effort, passwords=False)
        pushing = dict[str, tuple[SipUser, Secret]]()
        for each in others:
            user = _usable(search, each, options)
            if isinstance(user, str):
                reasons[each.key] = user
            else:
                pushing[each.key] = user, each.password

        def push(key: str) -> None:
            user, password = pushing[key]
            reasons[key] = _push(gateway, user, password)

        failed = effort.run(push, pushing)
    if effort.ended and len(failed) == len(wanted):
        raise effort.ended
    reasons |= {key: str(error) for key, error in failed.items()}
    return {key: reason for key, reason in reasons.items() if reason}


def _push(gateway: Gateway, user: SipUser, password: Secret) -> str:
    """Return why the password was declined, or nothing; the ICP must go with it."""
    if not user.id:
        return f"the gateway does not say the id of SIP user {user.username}: see user.id in facts"
    clear = password.reveal()
    fields = {"username": user.username, "password": clear, "icp": user.icp}
    return gateway.change(user.id, fields).replace(clear, "****")


def _held_back(options: Options, batch: Sequence[Wanted]) -> dict[str, str]:
    """Return why some of *batch* need not even be asked for, by key."""
    reasons = {each.key: over_remote(each.number, options) for each in batch}
    return {key: reason for key, reason in reasons.items() if reason}


def _usable(search: Search, each: Wanted, options: Options) -> SipUser | str:
    user = search.outcome(each)
    if isinstance(user, str):
        return user
    return objection(user, options, FACTS.taken(options.facts)) or user


def _found(user: SipUser) -> FoundCredentials:
    return FoundCredentials(username=user.username, password=user.password or None)
