"""Rows of a users CSV file beside the users they overwrite: what they come to, what is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import define, field

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.profiles import Profile
from offhook.model.users import User
from offhook.provisioning import credentials, resolving
from offhook.provisioning.csvcolumns import FIELDS, ID, PROFILE
from offhook.provisioning.csvrows import BadCell, ReadRow
from offhook.provisioning.users import MANDATORY, new_id, why_locked
from offhook.store.imports import StagedUser

MOST_BAD_CELLS = 10_000
MOST_WARNINGS = 1000
_EMPTY = {name: each.default for name, each in FIELDS.items()}


@define(kw_only=True)
class ImportReport:
    """
    What an import did, or with ``dry_run`` would do.

    ``refused`` says that bad cells keep all rows out. ``skipped`` counts bad rows, ``unchanged``
    rows that say what their user is anyway, ``incomplete`` users who cannot be deployed yet.
    ``warnings`` holds the first thousand of a kind, ``more_warnings`` counts the others;
    ``unread`` names columns that mean nothing here.
    """

    path: Path
    encoding: str
    separator: str
    dry_run: bool = False
    refused: bool = False
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    incomplete: int = 0
    bad: list[BadCell] = field(factory=list)
    warnings: list[str] = field(factory=list)
    more_warnings: int = 0
    unread: tuple[str, ...]

    def refuse(self, cells: Sequence[BadCell]) -> None:
        """Note the bad cells of one row; raises `InvalidInput` when there are over 10,000."""
        self.skipped += 1
        self.bad += cells
        if len(self.bad) > MOST_BAD_CELLS:
            raise InvalidInput(
                f"{self.path} has more than {MOST_BAD_CELLS:,} bad cells; nothing was imported. "
                "The first ones:",
                [cell.problem for cell in self.bad[:10]],
                hint="Check that the columns hold what their names say.",
            )

    def warn_incomplete(self, row: int, reason: str) -> None:
        """Note that the user of a row cannot be deployed yet."""
        self.incomplete += 1
        if self.incomplete <= MOST_WARNINGS:
            self.warnings.append(f"row {row}: {reason}")
        else:
            self.more_warnings += 1


class Checker:
    """
    Turns rows into staged users.

    *chosen* is the profile for all, or None: then a row's own counts, or its user's. ``differing``
    collects the fields in which any row differs from the user it overwrites, ``cleared`` counts
    by field the users who lose what they have.
    """

    def __init__(
        self,
        plugins: Plugins,
        known: Mapping[str, Profile],
        chosen: Profile | None,
        *,
        titles: Mapping[str, str],
        installation: str,
        report: ImportReport,
        now: datetime,
    ) -> None:
        self._plugins = plugins
        self._profiles = known
        self._chosen = chosen
        self.titles = titles
        self._installation = installation
        self.report = report
        self._now = now
        self._reasons: dict[tuple[object, ...], str] = {}
        self.differing: set[str] = set()
        self.cleared: Counter[str] = Counter()

    def add(self, row: ReadRow) -> StagedUser | None:
        """Return the new user of *row*; None where it is bad."""
        self.report.rows += 1
        profile = row.profile or self._chosen
        if row.bad or not profile:
            self.report.refuse(row.bad)
            return None
        values = {**_EMPTY, **row.values}
        self._warn_if_incomplete(row, profile, values)
        user_id = new_id(self._installation)
        return StagedUser(line=row.number, user_id=user_id, profile_id=profile.id, values=values)

    def overwrite(self, row: ReadRow, user: User | None) -> StagedUser | None:
        """Return what *row* makes of *user*; None where it is bad."""
        self.report.rows += 1
        old = {name: getattr(user, name) for name in FIELDS} if user else row.values
        differing = [name for name, value in row.values.items() if value != old[name]]
        row.bad += self._compare(row, user, differing)
        if row.bad or not user:
            self.report.refuse(row.bad)
            return None
        self.cleared.update(name for name in differing if not row.values[name])
        profile = row.profile or self._chosen or self._profiles[user.profile]
        differing += [PROFILE] if profile.name != user.profile else []
        self.differing.update(differing)
        values = old | row.values
        self._warn_if_incomplete(row, profile, values)
        return StagedUser(
            line=row.number,
            user_id=user.id,
            profile_id=profile.id,
            values=values,
            revision=user.revision,
            changes=bool(differing),
        )

    def _compare(self, row: ReadRow, user: User | None, differing: list[str]) -> list[BadCell]:
        if not user:
            reason = "no user has this ID; it may have been deleted"
            return [BadCell(row.number, self.titles[ID], row.id, reason)] if row.id else []
        found = []
        for name in differing:
            value = row.values[name]
            missing = "mandatory" if name in MANDATORY and not value else ""
            if reason := why_locked(user, name) or missing:
                shown = FIELDS[name].show(value)
                found.append(BadCell(row.number, self.titles[name], shown, reason))
        return found

    def _warn_if_incomplete(
        self, row: ReadRow, profile: Profile, values: Mapping[str, Any]
    ) -> None:
        # What is missing depends on which fields are filled, not on what is in them.
        key = (profile.id, *map(bool, values.values()))
        if key not in self._reasons:
            user = User(id="", profile=profile.name, created_at=self._now, **values)
            settings = resolving.resolve_for(profile, user, self._plugins).settings
            self._reasons[key] = credentials.why_not(user, settings)
        if self._reasons[key]:
            self.report.warn_incomplete(row.number, self._reasons[key])
