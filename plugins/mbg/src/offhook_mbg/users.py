"""Lists the SIP users of a border gateway, and says who is left out and why."""

from collections.abc import Iterator

from offhook.api import Connection, Skipped, SourceUser
from offhook_mbg.facts import FACTS
from offhook_mbg.items import SipUser, objection, read_user
from offhook_mbg.opening import let_in, opened
from offhook_mbg.options import Options


def list_all(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """Yield the SIP users, page by page, and whom of them no client can have."""
    options = connection.options
    names = FACTS.taken(options.facts)
    seen = set[tuple[str, str]]()
    with opened(connection, let_in(connection)) as gateway:
        for place, item in enumerate(gateway.users(), 1):
            user = read_user(item, names)
            key = user.id or user.username or f"entry {place}"
            marks = {("id", key), ("name", user.username)}
            reason = _lack(user, twice=not seen.isdisjoint(marks))
            reason = reason or objection(user, options, names)
            seen |= marks
            yield Skipped(user.username or key, reason) if reason else _source_user(key, user)


def _lack(user: SipUser, *, twice: bool) -> str:
    if not user.username:
        return "it has no set-side user name"
    if not user.number:
        return "neither its set-side name nor its ICP-side name ends with a directory number"
    if twice:
        return f"SIP user {user.username} is there twice; the first one counts"
    return ""


def _source_user(key: str, user: SipUser) -> SourceUser:
    fields = {"number": user.number, "gateway_username": user.username}
    return SourceUser(key=key, fields=fields, kind="gateway")
