"""Campaigns in the database, and their deployments on the way to the wire."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, func, insert, select, update

from offhook.model.deployments import Campaign, Delivery, Deployment
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.users import Selection, User, key_of
from offhook.store.deployments import OWNER_COLUMNS
from offhook.store.encryption import Cipher
from offhook.store.mapping import deployment_of, profile_of, user_of
from offhook.store.tables import table
from offhook.store.times import Utc

campaigns = table("campaign")
deployments = table("deployment")
users = table("user")
profiles = table("profile")

CUT_OFF = "the worker ended while the mail was handed over; it may have arrived"
_FIELDS = tuple(field.name for field in attrs.fields(Campaign))
_DEPLOYMENT_COLUMNS = [column.label(f"d_{column.name}") for column in deployments.c]
_NOW: Any = bindparam("now", type_=Utc())
# Built once: every mail needs these two.
_HAND_OVER = (
    update(deployments)
    .where(
        deployments.c.id == bindparam("key"),
        deployments.c.delivery == "queued",
        deployments.c.token_state == "open",
        deployments.c.expires_at > _NOW,
    )
    .values(delivery="wire", repeatable=bindparam("again"))
)
_FINISH = (
    update(deployments)
    .where(deployments.c.id == bindparam("key"), deployments.c.delivery == bindparam("was"))
    .values(
        delivery=bindparam("becomes"),
        delivery_detail=bindparam("said"),
        delivered_at=_NOW,
        not_before=None,
    )
)


@frozen(kw_only=True)
class Mail:
    """A queued deployment with what its mail is made of; no ``user`` where it was deleted."""

    deployment: Deployment
    user: User | None
    profile: Profile | None
    token: Secret | None


@frozen(kw_only=True)
class CampaignLine:
    """A deployment of a campaign with the names of its user, empty where it was deleted."""

    deployment: Deployment
    user: str
    name: str


class Campaigns:
    """The campaigns of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, campaign: Campaign, selection: Selection) -> None:
        """Store a new one for the users of *selection*."""
        chosen = json.dumps(attrs.asdict(selection))
        self._connection.execute(
            insert(campaigns).values(selection=chosen, **attrs.asdict(campaign))
        )

    def get(self, campaign_id: str) -> Campaign | None:
        """Return one."""
        row = self._connection.execute(select(campaigns).where(campaigns.c.id == campaign_id))
        return next((_campaign_of(each) for each in row), None)

    def selection(self, campaign_id: str) -> Selection:
        """Return the users that a campaign is for."""
        query = select(campaigns.c.selection).where(campaigns.c.id == campaign_id)
        found = json.loads(self._connection.execute(query).scalar_one())
        ids = found.pop("ids")
        return Selection(ids=None if ids is None else tuple(ids), **found)

    def latest(self, limit: int = 50) -> list[Campaign]:
        """Return the newest first."""
        query = select(campaigns).order_by(campaigns.c.created_at.desc()).limit(limit)
        return [_campaign_of(row) for row in self._connection.execute(query)]

    def advance(
        self, campaign: Campaign, cursor: str, *, finished_at: datetime | None = None
    ) -> bool:
        """Move the cursor on from where *campaign* had it; false where somebody else has."""
        statement = (
            update(campaigns)
            .where(
                campaigns.c.id == campaign.id,
                campaigns.c.cursor == campaign.cursor,
                campaigns.c.expanded_at.is_(None),
            )
            .values(cursor=cursor, expanded_at=finished_at)
        )
        return self._connection.execute(statement).rowcount == 1

    def counts(self, campaign_id: str) -> dict[Delivery, int]:
        """Return how many deployments there are, by delivery."""
        query = select(deployments.c.delivery, func.count()).group_by(deployments.c.delivery)
        rows = self._connection.execute(query.where(deployments.c.campaign_id == campaign_id))
        return {row[0]: row[1] for row in rows}

    def lines(
        self, campaign_id: str, *, delivery: str = "", after: str = "", limit: int = 100
    ) -> list[CampaignLine]:
        """Return deployments with the names of their users, by id, after id *after*."""
        query = (
            select(*_DEPLOYMENT_COLUMNS, *users.c)
            .outerjoin(users, users.c.id == deployments.c.user_id)
            .where(deployments.c.campaign_id == campaign_id, deployments.c.id > after)
        )
        if delivery:
            query = query.where(deployments.c.delivery == delivery)
        rows = self._connection.execute(query.order_by(deployments.c.id).limit(limit)).mappings()
        return [
            CampaignLine(
                deployment=deployment_of(row, "d_"),
                user=key_of(row["id"], row["connection"], row["number"]) if row["id"] else "",
                name=f"{row['first_name']} {row['last_name']}".strip() if row["id"] else "",
            )
            for row in rows
        ]

    def add_left_out(self, left_out: Sequence[Deployment]) -> None:
        """Store failed deployments without a token; older ones of their users stay as they are."""
        rows = [
            attrs.asdict(each)
            | {"token_hash": None, "token_sealed": None, "chunk": None, "repeatable": False}
            for each in left_out
        ]
        if rows:
            self._connection.execute(insert(deployments), rows)

    def mails(self, chunk: str) -> list[Mail]:
        """Return what is queued in *chunk*, in the order of ids."""
        query = (
            select(*_DEPLOYMENT_COLUMNS, *OWNER_COLUMNS)
            .outerjoin(users, users.c.id == deployments.c.user_id)
            .outerjoin(profiles, profiles.c.id == users.c.profile_id)
            .where(deployments.c.chunk == chunk, deployments.c.delivery == "queued")
            .order_by(deployments.c.id)
        )
        return [self._mail_of(row) for row in self._connection.execute(query).mappings()]

    def settle(self, chunk: str, now: datetime) -> int:
        """
        Settle mails of *chunk* that were on the wire when their worker ended.

        They are uncertain, or queued again where the handover was repeatable. Returns how many.
        """
        again = deployments.c.repeatable
        return self._update(
            [deployments.c.chunk == chunk, deployments.c.delivery == "wire"],
            delivery=case((again, "queued"), else_="uncertain"),
            delivery_detail=case((again, ""), else_=CUT_OFF),
            delivered_at=case((again, None), else_=now),
        )

    def hand_over(self, deployment_id: str, now: datetime, *, repeatable: bool) -> bool:
        """Go from queued to wire while the token lives; false where that cannot be."""
        values = {"key": deployment_id, "now": now, "again": repeatable}
        return self._connection.execute(_HAND_OVER, values).rowcount == 1

    def finish(
        self, deployment_id: str, was: Delivery, delivery: Delivery, detail: str, now: datetime
    ) -> bool:
        """Go from *was* to what became of the mail; false where it has gone on already."""
        values = {"key": deployment_id, "was": was, "becomes": delivery, "said": detail, "now": now}
        return self._connection.execute(_FINISH, values).rowcount == 1

    def postpone(
        self,
        deployment_id: str,
        was: Delivery,
        chunk: str,
        *,
        until: datetime,
        detail: str,
        attempts: int = 0,
    ) -> bool:
        """Move a mail that still is what it *was* to another *chunk*; false where it is not."""
        count = self._update(
            [deployments.c.id == deployment_id, deployments.c.delivery == was],
            delivery="queued",
            delivery_detail=detail,
            chunk=chunk,
            not_before=until,
            attempts=deployments.c.attempts + attempts,
        )
        return count == 1

    def chunks(
        self, deliveries: Sequence[Delivery], campaign_id: str = ""
    ) -> list[tuple[str, str]]:
        """Return campaign and chunk of all mails of these *deliveries*, of one campaign or all."""
        # Campaigns are always named: the index begins with them.
        every = [campaign_id] if campaign_id else select(campaigns.c.id)
        query = select(deployments.c.campaign_id, deployments.c.chunk).where(
            deployments.c.campaign_id.in_(every), deployments.c.delivery.in_(deliveries)
        )
        return [(row[0], row[1]) for row in self._connection.execute(query.distinct()) if row[1]]

    def rename(self, chunk: str, fresh: str, deliveries: Sequence[Delivery]) -> int:
        """Give the mails of these *deliveries* in *chunk* to a *fresh* one; returns how many."""
        conditions = [deployments.c.chunk == chunk, deployments.c.delivery.in_(deliveries)]
        return self._update(conditions, chunk=fresh)

    def queue_again(self, chunk: str, fresh: str, was: Delivery, now: datetime) -> int:
        """
        Queue in a *fresh* chunk the mails of *chunk* that are what they *were*; returns how many.

        Without those whose token has ended, and without queued ones that wait for nothing.
        """
        conditions = [
            deployments.c.chunk == chunk,
            deployments.c.delivery == was,
            deployments.c.token_state == "open",
            deployments.c.expires_at > now,
        ]
        if was == "queued":
            conditions.append(deployments.c.not_before > now)
        values = {"delivery": "queued", "delivery_detail": "", "attempts": 0}
        return self._update(conditions, chunk=fresh, not_before=None, **values)

    def unexpanded(self, created_before: datetime) -> list[Campaign]:
        """Return campaigns that were not expanded to their end."""
        query = select(campaigns).where(
            campaigns.c.expanded_at.is_(None), campaigns.c.created_at < created_before
        )
        return [_campaign_of(row) for row in self._connection.execute(query)]

    def _update(self, conditions: Sequence[ColumnElement[bool]], **values: Any) -> int:
        statement = update(deployments).where(*conditions).values(**values)
        return self._connection.execute(statement).rowcount

    def _mail_of(self, row: Any) -> Mail:
        profile = profile_of(row, "p_") if row["id"] else None
        return Mail(
            deployment=deployment_of(row, "d_"),
            user=user_of(row, profile.name, self._cipher) if profile else None,
            profile=profile,
            token=self._cipher.open(row["d_token_sealed"]),
        )


def _campaign_of(row: Row[Any]) -> Campaign:
    return Campaign(**{name: getattr(row, name) for name in _FIELDS})
