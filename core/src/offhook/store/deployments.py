"""Deployments in the database: tokens, their counted downloads, PINs and grants."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    select,
    update,
)

from offhook.model.deployments import Deployment, TokenState
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.store.devicetables import table
from offhook.store.encryption import Cipher
from offhook.store.mapping import DEPLOYMENT_FIELDS, deployment_of, profile_of, user_of
from offhook.store.times import Utc

deployments = table("deployment")
grants = table("grant")
users = table("user")
profiles = table("profile")
devices = table("device")

OWNER_COLUMNS = (
    *users.c,
    *(column.label(f"p_{column.name}") for column in profiles.c),
)
_ACCOUNTS_BEFORE = (
    select(func.coalesce(func.max(devices.c.accounts), 0))
    .where(devices.c.user_id == users.c.id)
    .scalar_subquery()
    .label("accounts_before")
)
_OWNED = (
    select(
        *(deployments.c[name].label(f"d_{name}") for name in DEPLOYMENT_FIELDS),
        *OWNER_COLUMNS,
        _ACCOUNTS_BEFORE,
    )
    .select_from(deployments)
    .join(users, users.c.id == deployments.c.user_id)
    .join(profiles, profiles.c.id == users.c.profile_id)
)
_CHUNK = 500
_NOW: Any = bindparam("now", type_=Utc())
_HASHES: Any = bindparam("hashes", expanding=True)
_BY_TOKEN = _OWNED.add_columns(deployments.c.token_hash.label("hash")).where(
    deployments.c.token_hash.in_(_HASHES)
)
_BY_GRANT = (
    _OWNED.add_columns(grants.c.grant_hash.label("hash"))
    .join(grants, grants.c.deployment_id == deployments.c.id)
    .where(grants.c.grant_hash.in_(_HASHES), grants.c.expires_at > _NOW)
)
_LAST = deployments.c.downloads_left == 1
_COUNT = (
    update(deployments)
    .where(
        deployments.c.id.in_(bindparam("ids", expanding=True)),
        deployments.c.token_state == "open",
        deployments.c.downloads_left > 0,
        deployments.c.expires_at > _NOW,
    )
    .values(
        downloads_left=deployments.c.downloads_left - 1,
        downloaded_at=func.coalesce(deployments.c.downloaded_at, _NOW),
        token_state=case((_LAST, "spent"), else_=deployments.c.token_state),
        token_sealed=case((_LAST, null()), else_=deployments.c.token_sealed),
    )
    .returning(deployments.c.id)
)


@frozen(kw_only=True)
class NewDeployment:
    """A deployment with its token, before it is stored; ``chunk`` will send its mail."""

    deployment: Deployment
    token: Secret
    token_hash: str
    chunk: str | None = None


@frozen(kw_only=True)
class Owned:
    """
    A deployment with whom and what it is about.

    ``accounts_before`` is the most accounts that any device of the user was given: a link may be
    opened on a phone that had another one before.
    """

    deployment: Deployment
    user: User
    profile: Profile
    accounts_before: int


class Deployments:
    """The deployments of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, new: Sequence[NewDeployment]) -> None:
        """Store deployments, one per user, as their users' current ones; older tokens end."""
        if not new:
            return
        self.revoke([each.deployment.user_id for each in new])
        rows = [
            attrs.asdict(each.deployment)
            | {
                "token_hash": each.token_hash,
                "token_sealed": self._cipher.seal(each.token),
                "chunk": each.chunk,
                "repeatable": False,
            }
            for each in new
        ]
        self._connection.execute(insert(deployments), rows)
        mine = deployments.c.id.in_([each.deployment.id for each in new])
        self._connection.execute(
            update(users)
            .where(users.c.id == deployments.c.user_id, mine)
            .values(deployment_id=deployments.c.id, reset_at=None, waits=False)
        )

    def get(self, deployment_id: str) -> Deployment | None:
        """Return one."""
        return self._one(deployments.c.id == deployment_id)

    def by_token(self, token_hash: str) -> Deployment | None:
        """Return the one of a token, ended ones included."""
        return self._one(deployments.c.token_hash == token_hash)

    def current(self, user_id: str) -> Deployment | None:
        """Return a user's current one."""
        query = select(deployments).join(users, users.c.deployment_id == deployments.c.id)
        row = self._connection.execute(query.where(users.c.id == user_id)).mappings().first()
        return deployment_of(row) if row else None

    def of_user(self, user_id: str, limit: int = 20) -> list[Deployment]:
        """Return all of a user, the newest first; they outlive the user."""
        query = select(deployments).where(deployments.c.user_id == user_id)
        rows = self._connection.execute(
            query.order_by(deployments.c.created_at.desc()).limit(limit)
        )
        return [deployment_of(row) for row in rows.mappings()]

    def token_text(self, deployment_id: str) -> Secret | None:
        """Return the token's text while its code may still be shown."""
        query = select(deployments.c.token_sealed).where(deployments.c.id == deployment_id)
        return self._cipher.open(self._connection.execute(query).scalar())

    def owned_by_tokens(self, hashes: Iterable[str]) -> dict[str, Owned]:
        """Return deployments with their users and profiles, by the hash of their token."""
        return self._by_hash(_BY_TOKEN, {"hashes": set(hashes)})

    def owned_by_grants(self, hashes: Iterable[str], now: datetime) -> dict[str, Owned]:
        """Return the same by the hash of a grant that has not ended."""
        return self._by_hash(_BY_GRANT, {"hashes": set(hashes), "now": now})

    def count_downloads(self, ids: Iterable[str], now: datetime) -> set[str]:
        """
        Count one download for each of these that has one left; returns which had.

        The last one spends the token and wipes its text.
        """
        values = {"ids": sorted(ids), "now": now}
        return set(self._connection.execute(_COUNT, values).scalars())

    def note(self, deployment_id: str, **times: datetime) -> None:
        """Set time stamps (opened_at, applied_at) that are still empty."""
        for name, now in times.items():
            column = deployments.c[name]
            self._connection.execute(
                update(deployments)
                .where(deployments.c.id == deployment_id, column.is_(None))
                .values({name: now})
            )

    def unregistered(self, since: datetime) -> list[str]:
        """Return users whose current deployment was downloaded *since*, never seen registered."""
        query = select(users.c.id).join(deployments, deployments.c.id == users.c.deployment_id)
        waits = deployments.c.registered_at.is_(None), deployments.c.downloaded_at >= since
        return list(self._connection.execute(query.where(*waits)).scalars())

    def note_registered(self, user_ids: Sequence[str], now: datetime) -> None:
        """Note that the clients of these users are registered, with their current deployments."""
        for start in range(0, len(user_ids), _CHUNK):
            some = users.c.id.in_(user_ids[start : start + _CHUNK])
            current = select(users.c.deployment_id).where(some)
            self._connection.execute(
                update(deployments)
                .where(deployments.c.id.in_(current), deployments.c.registered_at.is_(None))
                .values(registered_at=now)
            )

    def count_wrong_pin(self, deployment_id: str, limit: int) -> bool:
        """Count a wrong PIN; the *limit*-th locks the token. Tells whether it is locked now."""
        locked = deployments.c.wrong_pins + 1 >= limit
        statement = (
            update(deployments)
            .where(deployments.c.id == deployment_id, deployments.c.token_state == "open")
            .values(
                wrong_pins=deployments.c.wrong_pins + 1,
                token_state=case((locked, "locked"), else_="open"),
                token_sealed=case((locked, null()), else_=deployments.c.token_sealed),
            )
            .returning(deployments.c.token_state)
        )
        return self._connection.execute(statement).scalar() == "locked"

    def revoke(self, user_ids: Iterable[str]) -> None:
        """End the open tokens of these users at once and wipe their texts."""
        ids = list(user_ids)
        # On PostgreSQL, two who deploy the same users must not overlook each other's tokens.
        turn = select(users.c.id).where(users.c.id.in_(ids)).order_by(users.c.id)
        self._connection.execute(turn.with_for_update())
        self._end(deployments.c.user_id.in_(ids), "revoked")

    def expire(self, now: datetime, limit: int) -> int:
        """Mark up to *limit* tokens past their end and wipe their texts; returns how many."""
        past = select(deployments.c.id).where(
            deployments.c.token_sealed.is_not(None),  # as the index says
            deployments.c.token_state == "open",
            deployments.c.expires_at <= now,
        )
        return self._end(deployments.c.id.in_(past.limit(limit)), "expired")

    def forget_hashes(self, issued_before: datetime, limit: int) -> int:
        """Forget the hashes of up to *limit* tokens that ended and were issued before that time."""
        old = select(deployments.c.id).where(
            deployments.c.token_hash.is_not(None),
            deployments.c.token_state != "open",
            deployments.c.created_at < issued_before,
        )
        which = deployments.c.id.in_(old.limit(limit))
        return self._connection.execute(
            update(deployments).where(which).values(token_hash=None)
        ).rowcount

    def delete_grants(self, now: datetime) -> None:
        """Delete the grants that have ended."""
        self._connection.execute(delete(grants).where(grants.c.expires_at <= now))

    def add_grant(self, grant_hash: str, deployment_id: str, expires_at: datetime) -> None:
        """Store what the right PIN gives."""
        self._connection.execute(
            insert(grants).values(
                grant_hash=grant_hash, deployment_id=deployment_id, expires_at=expires_at
            )
        )

    def _end(self, which: ColumnElement[bool], state: TokenState) -> int:
        return self._connection.execute(
            update(deployments)
            .where(which, deployments.c.token_state == "open")
            .values(token_state=state, token_sealed=None)
        ).rowcount

    def _one(self, condition: Any) -> Deployment | None:
        row = self._connection.execute(select(deployments).where(condition)).mappings().first()
        return deployment_of(row) if row else None

    def _by_hash(self, query: Any, values: dict[str, Any]) -> dict[str, Owned]:
        result = self._connection.execute(query, values)
        names = tuple(result.keys())
        known: dict[str, Profile] = {}
        found = {}
        for each in result:
            row = dict(zip(names, each, strict=True))  # read by name three times faster
            profile = known.get(row["p_id"]) or profile_of(row, "p_")
            known[profile.id] = profile
            found[row["hash"]] = Owned(
                deployment=deployment_of(row, "d_"),
                user=user_of(row, profile.name, self._cipher),
                profile=profile,
                accounts_before=row["accounts_before"],
            )
        return found
