"""Diagnoses that were made; of each profile the newest are kept, to see since when it fails."""

import json
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, delete, insert, select
from sqlmodel import Field, SQLModel

from offhook.model.diagnoses import Check, Diagnosis
from offhook.model.findings import Finding
from offhook.store.tables import table
from offhook.store.times import time_field

KEPT = 50  # of each profile


class DiagnosisRow(SQLModel, table=True):
    """A diagnosis; JSON of its checks and remarks."""

    __tablename__ = "offhook_diagnosis"
    id: int | None = Field(default=None, primary_key=True)
    profile: str = Field(index=True)
    host: str
    at: datetime = time_field()
    checks: str
    remarks: str


diagnoses = table("diagnosis")


class Diagnoses:
    """The diagnoses of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, diagnosis: Diagnosis) -> None:
        """Keep one, and forget the oldest of its profile."""
        self._connection.execute(
            insert(diagnoses).values(
                profile=diagnosis.profile,
                host=diagnosis.host,
                at=diagnosis.at,
                checks=json.dumps([attrs.asdict(each) for each in diagnosis.checks]),
                remarks=json.dumps(diagnosis.remarks),
            )
        )
        mine = diagnoses.c.profile == diagnosis.profile
        newest = select(diagnoses.c.id).where(mine).order_by(diagnoses.c.id.desc()).limit(KEPT)
        kept = list(self._connection.execute(newest).scalars())
        self._connection.execute(delete(diagnoses).where(mine, diagnoses.c.id < min(kept)))

    def of(self, profile: str) -> list[Diagnosis]:
        """Return those of a profile, the newest first."""
        query = select(diagnoses).where(diagnoses.c.profile == profile)
        rows = self._connection.execute(query.order_by(diagnoses.c.id.desc())).mappings()
        return [
            Diagnosis(
                profile=row["profile"],
                host=row["host"],
                at=row["at"],
                checks=tuple(map(_check_of, json.loads(row["checks"]))),
                remarks=tuple(json.loads(row["remarks"])),
            )
            for row in rows
        ]


def _check_of(values: dict[str, Any]) -> Check:
    findings = tuple(Finding(**each) for each in values.pop("findings"))
    return Check(findings=findings, **values)
