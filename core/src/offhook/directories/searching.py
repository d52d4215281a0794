"""Reads all entries that match, page by page, as plain texts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from offhook.directories.results import hidden
from offhook.directories.sessions import Session, opened
from offhook.directories.values import Directory, Entry
from offhook.errors import RemoteError

_GUID = "objectguid"


def search(
    directory: Directory,
    base: str,
    ldap_filter: str,
    attributes: Sequence[str],
) -> Iterator[Entry]:
    """
    Yield every entry below *base* that matches the *ldap_filter*, with these *attributes*.

    No more than a page is held. Referrals are not followed. Raises `Unreachable`, `Refused` and
    `BadAnswer`, also after some entries: then these are not all.
    """
    with opened(directory) as session:
        count, cookie, more = 0, b"", True
        while more:
            try:
                page = session.page(base, ldap_filter, attributes, cookie=cookie)
            except RemoteError as error:
                raise _after(count, error) from error.__cause__
            yield from map(read_entry, page.entries)
            count, cookie = count + len(page.entries), page.cookie
            more = bool(cookie)
        if not count:
            insist_on(session, base)


def insist_on(session: Session, base: str) -> None:
    """Raise `Refused` where *base* cannot be seen: no entries would mean nothing then."""
    if session.read(base) is None:
        raise hidden(session.directory, base)


def read_entry(found: Mapping[str, Any]) -> Entry:
    """Return what ldap3 *found* as texts."""
    raw: Mapping[str, Sequence[bytes]] = found["raw_attributes"]
    return Entry(
        found["dn"],
        {name: tuple(_text(name, value) for value in values) for name, values in raw.items()},
    )


def _text(name: str, value: bytes) -> str:
    """Return *value* as text: a GUID as people write it, other bytes that are no text in hex."""
    if name.lower() == _GUID and len(value) == 16:
        return str(UUID(bytes_le=value))
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def _after(count: int, error: RemoteError) -> RemoteError:
    if not count:
        return error
    return type(error)(f"{error} That was after {count:,} entries.", hint=error.hint)
