"""Users in the database: one, a page, a selection; single changes and deletions."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.functions import coalesce

from offhook.errors import InvalidInput
from offhook.model.users import Selection, User, UserLine, UserPage, key_of
from offhook.store.encryption import Cipher
from offhook.store.mapping import (
    USER_FIELDS,
    columns_of_user,
    deployment_of,
    row_of,
    search_text,
    user_of,
)
from offhook.store.tables import table
from offhook.store.times import Utc

users = table("user")
profiles = table("profile")
deployments = table("deployment")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SORTS: Mapping[str, Any] = {
    "last_name": users.c.last_name,
    "first_name": users.c.first_name,
    "number": users.c.number,
    "email": users.c.email,
    "profile": profiles.c.name,
    "gateway_username": users.c.gateway_username,
    "client_service_username": users.c.client_service_username,
    "deployed": coalesce(deployments.c.created_at, _EPOCH),
    "downloaded": coalesce(deployments.c.downloaded_at, _EPOCH),
}
_DEPLOYMENT_COLUMNS = [column.label(f"d_{column.name}") for column in deployments.c]
_LINE_FIELDS = (
    "id",
    "first_name",
    "last_name",
    "number",
    "email",
    "gateway_username",
    "client_service_username",
    "gone_at",
    "reset_at",
    "waits",
)
_CHUNK = 500


class Users:
    """The users of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def get(self, ids: Sequence[str]) -> list[User]:
        """Return the users with these ids, in the order of *ids*; unknown ids are left out."""
        found: dict[str, User] = {}
        for start in range(0, len(ids), _CHUNK):
            query = with_profile().where(users.c.id.in_(ids[start : start + _CHUNK]))
            for row in self._connection.execute(query).mappings():
                found[row["id"]] = user_of(row, row["profile_name"], self._cipher)
        return [found[each] for each in ids if each in found]

    def named(self, name: str) -> list[str]:
        """Return the ids of the users that *name* means: an id, ``connection/number`` or number."""
        connection, slash, number = name.rpartition("/")
        if not number:
            return []
        by_number = and_(
            users.c.number == number,
            *([users.c.connection == connection] if slash else []),
        )
        query = select(users.c.id).where(or_(users.c.id == name, by_number)).limit(10)
        return list(self._connection.execute(query).scalars())

    def numbers_like(self, start: str, limit: int = 200) -> list[str]:
        """Return some directory numbers that begin with *start*, for suggestions."""
        matching = (users.c.number != "", users.c.number.startswith(start, autoescape=True))
        query = select(users.c.number).where(*matching).limit(limit)
        return list(self._connection.execute(query).scalars())

    def count(self, selection: Selection) -> int:
        """Return how many users are selected."""
        query = select(func.count()).select_from(_joined()).where(*_where(selection))
        return self._connection.execute(query).scalar_one()

    def is_in(self, user_id: str, selection: Selection) -> bool:
        """Return whether *selection* holds the user."""
        if selection.ids is not None:
            return user_id in selection.ids
        query = select(users.c.id).select_from(_joined()).where(users.c.id == user_id)
        return bool(self._connection.execute(query.where(*_where(selection))).first())

    def page(
        self,
        selection: Selection,
        *,
        sort: str = "last_name",
        descending: bool = False,
        after: str | None = None,
        limit: int = 50,
    ) -> UserPage:
        """
        Return up to *limit* lines; *sort* is a key of ``SORTS``.

        *after* is the ``next`` of the page before; raises `ValueError` where it is not, or is of
        another order.
        """
        key = tuple_(SORTS[sort], users.c.id)
        query = (
            select(
                users,
                profiles.c.name.label("profile_name"),
                *_DEPLOYMENT_COLUMNS,
                SORTS[sort].label("sort_key"),
            )
            .select_from(_joined())
            .where(*_where(selection))
        )
        if after:
            mark = tuple_(*_unpack(after, sort))
            query = query.where(key < mark if descending else key > mark)
        order = [column.desc() if descending else column for column in (SORTS[sort], users.c.id)]
        rows = self._connection.execute(query.order_by(*order).limit(limit + 1)).mappings().all()
        lines = tuple(_line_of(row) for row in rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return UserPage(lines, _pack(sort, last["sort_key"], last["id"]) if last else None)

    def stream(self, selection: Selection) -> Iterator[User]:
        """Yield every selected user with secrets, ordered by id, in constant memory."""
        last = ""
        while True:
            query = with_profile().where(*_where(selection), users.c.id > last)
            rows = self._connection.execute(query.order_by(users.c.id).limit(_CHUNK)).mappings()
            batch = [user_of(row, row["profile_name"], self._cipher) for row in rows]
            yield from batch
            if len(batch) < _CHUNK:
                return
            last = batch[-1].id

    def ids(self, selection: Selection, *, after: str = "", limit: int) -> list[str]:
        """Return the ids of selected users after *after*, in the order of ids."""
        query = select(users.c.id).select_from(_joined()).where(*_where(selection))
        query = query.where(users.c.id > after).order_by(users.c.id).limit(limit)
        return list(self._connection.execute(query).scalars())

    def add(self, user: User, profile_id: str) -> None:
        """Store a new user."""
        self.add_all([(user, profile_id)])

    def add_all(self, new: Sequence[tuple[User, str]]) -> None:
        """
        Store new users, each with its profile's id.

        Raises `InvalidInput` where one of a source is there already: somebody else was quicker.
        """
        if not new:
            return
        rows = [row_of(user, profile_id, self._cipher) for user, profile_id in new]
        try:
            self._connection.execute(insert(users), rows)
        except IntegrityError as error:
            raise InvalidInput(
                "The same users are being imported by somebody else at this moment.",
                hint="Run it again: it goes on from where both ended.",
            ) from error

    def change(self, user: User, changes: Mapping[str, Any], profile_id: str | None = None) -> None:
        """Change *user*: fields and what it is at its source by name, the profile where given."""
        fields = {name: value for name, value in changes.items() if name in USER_FIELDS}
        merged = {name: fields.get(name, getattr(user, name)) for name in USER_FIELDS}
        others = {name: value for name, value in changes.items() if name not in fields}
        if "given" in others:
            others["given"] = ",".join(others["given"])
        if profile_id:
            others["profile_id"] = profile_id
        self._connection.execute(
            update(users)
            .where(users.c.id == user.id)
            .values(
                search=search_text(merged),
                revision=users.c.revision + 1,
                **columns_of_user(fields, self._cipher),
                **others,
            )
        )

    def assign(self, ids: Iterable[str], profile_id: str) -> tuple[int, int]:
        """Give users another profile; returns how many changed, and how many have a deployment."""
        changing = (users.c.id.in_(list(ids)), users.c.profile_id != profile_id)
        query = select(func.count(users.c.deployment_id)).where(*changing)
        deployed = self._connection.execute(query).scalar_one()
        change = update(users).where(*changing)
        changed = self._connection.execute(
            change.values(profile_id=profile_id, revision=users.c.revision + 1)
        )
        return changed.rowcount, deployed

    def force(self, ids: Iterable[str]) -> int:
        """Let the clients of users fetch even what has not changed; returns how many users."""
        change = update(users).where(users.c.id.in_(list(ids)), users.c.gone_at.is_(None))
        return self._connection.execute(change.values(force_count=users.c.force_count + 1)).rowcount

    def keys(self, ids: Iterable[str]) -> list[str]:
        """Return how people name these users, see `User.key`."""
        query = select(users.c.id, users.c.connection, users.c.number)
        rows = self._connection.execute(query.where(users.c.id.in_(list(ids))))
        return [key_of(*row) for row in rows]

    def delete(self, ids: Iterable[str]) -> int:
        """Delete users and with them every credential; returns how many there were."""
        result = self._connection.execute(delete(users).where(users.c.id.in_(list(ids))))
        return result.rowcount


def _joined() -> Any:
    return users.join(profiles, users.c.profile_id == profiles.c.id).outerjoin(
        deployments, users.c.deployment_id == deployments.c.id
    )


def with_profile() -> Select[Any]:
    """Return what selects users with their profiles' names, to be narrowed."""
    return select(users, profiles.c.name.label("profile_name")).select_from(_joined())


def _where(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if selection.ids is not None:
        conditions.append(users.c.id.in_(selection.ids))
    if selection.search:
        conditions.append(users.c.search.contains(selection.search.casefold(), autoescape=True))
    if selection.profile:
        conditions.append(profiles.c.name == selection.profile)
    return conditions


def _line_of(row: RowMapping) -> UserLine:
    return UserLine(
        key=key_of(row["id"], row["connection"], row["number"]),
        profile=row["profile_name"],
        has_pin=row["pin_sealed"] is not None,
        deployment=deployment_of(row, "d_") if row["deployment_id"] else None,
        **{name: row[name] for name in _LINE_FIELDS},
    )


def _pack(sort: str, value: Any, user_id: str) -> str:
    shown = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([sort, shown, user_id]).encode()).decode()


def _unpack(mark: str, sort: str) -> tuple[Any, str]:
    try:
        order, value, user_id = json.loads(base64.urlsafe_b64decode(mark))
        timed = isinstance(SORTS[sort].type, Utc)
        found = (datetime.fromisoformat(value) if timed else str(value)), str(user_id)
    except (ValueError, TypeError):
        order = None
    if order != sort:
        raise ValueError("no end of a page in this order")
    return found
