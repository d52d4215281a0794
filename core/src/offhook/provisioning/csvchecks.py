"""Rows of a users CSV file beside the users they overwrite: what they come to, what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import define, field

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.profiles import Profile
from offhook.model.users import User
from offhook.provisioning import credentials, profiles
from offhook.provisioning.csvcolumns import FIELDS, ID, PROFILE
from offhook.provisioning.csvrows import BadCell, ReadRow
from offhook.provisioning.users import locked
from offhook.store.imports import StagedUser

MOST_BAD_CELLS = 10_000
MOST_WARNINGS = 1000
_EMPTY = {name: each.default for name, each in FIELDS.items()}


@define
class Findings:
    """
    What was found in a file so far.

    There are at most 10,000 bad cells, and 1,000 warnings of a kind; ``more_warnings`` counts on.
    """

    path: Path
    rows: int = 0
    skipped: int = 0
    incomplete: int = 0
    bad: list[BadCell] = field(factory=list)
    warnings: list[str] = field(factory=list)
    more_warnings: int = 0

    def refuse(self, cells: Sequence[BadCell]) -> None:
        """Note the bad cells of one row; raises `InvalidInput` when there are too many."""
        self.skipped += 1
        self.bad += cells
        if len(self.bad) > MOST_BAD_CELLS:
            first = [cell.problem for cell in self.bad[:10]]
            raise InvalidInput(
                f"{self.path} has more than {MOST_BAD_CELLS:,} bad cells; nothing was imported. "
                "The first ones:",
                first,
                hint="Check that the columns hold what their names say.",
            )

    def warn(self, text: str) -> None:
        """Note a warning."""
        self.warnings.append(text)

    def warn_incomplete(self, row: int, reason: str) -> None:
        """Note that the user of a row cannot be deployed yet; the first thousand in words."""
        self.incomplete += 1
        if self.incomplete <= MOST_WARNINGS:
            self.warn(f"row {row}: {reason}")
        else:
            self.more_warnings += 1


class Checker:
    """
    Turns rows into staged users.

    *chosen* is the profile for all, or None: then a row's own counts, or its user's. ``differing``
    collects the fields in which any row differs from the user it overwrites.
    """

    def __init__(
        self,
        plugins: Plugins,
        known: Mapping[str, Profile],
        chosen: Profile | None,
        *,
        titles: Mapping[str, str],
        make_id: Callable[[], str],
        findings: Findings,
        now: datetime,
    ) -> None:
        self._plugins = plugins
        self._profiles = known
        self._chosen = chosen
        self._titles = titles
        self._make_id = make_id
        self._findings = findings
        self._now = now
        self._reasons: dict[tuple[object, ...], str] = {}
        self.differing: set[str] = set()

    def add(self, row: ReadRow) -> StagedUser | None:
        """Return the new user of *row*; None where it is bad."""
        self._findings.rows += 1
        profile = row.profile or self._chosen
        if row.bad or not profile:
            self._findings.refuse(row.bad)
            return None
        values = {**_EMPTY, **row.values}
        self._warn_if_incomplete(row, profile, values)
        return StagedUser(
            line=row.number, user_id=self._make_id(), profile_id=profile.id, values=values
        )

    def overwrite(self, row: ReadRow, user: User | None) -> StagedUser | None:
        """Return what *row* makes of *user*; None where it is bad."""
        self._findings.rows += 1
        bad = row.bad or self._compare(row, user)
        if bad or not user:
            self._findings.refuse(bad)
            return None
        profile = row.profile or self._chosen or self._profiles[user.profile]
        values = {name: getattr(user, name) for name in FIELDS} | row.values
        differing = {name for name in row.values if values[name] != getattr(user, name)}
        differing |= {PROFILE} if profile.name != user.profile else set()
        self.differing |= differing
        self._warn_if_incomplete(row, profile, values)
        return StagedUser(
            line=row.number,
            user_id=user.id,
            profile_id=profile.id,
            values=values,
            revision=user.revision,
            changes=bool(differing),
        )

    def _compare(self, row: ReadRow, user: User | None) -> list[BadCell]:
        if not user:
            reason = "no user has this ID; it may have been deleted"
            return [BadCell(row.number, self._titles[ID], row.id, reason)]
        reason = f"read-only, it comes from {user.connection}"
        return [
            BadCell(row.number, self._titles[name], FIELDS[name].show(row.values[name]), reason)
            for name in locked(user, row.values)
        ]

    def _warn_if_incomplete(
        self, row: ReadRow, profile: Profile, values: Mapping[str, Any]
    ) -> None:
        # What is missing depends on which fields are filled, not on what is in them.
        key = (profile.id, *map(bool, values.values()))
        if key not in self._reasons:
            user = User(id="", profile=profile.name, created_at=self._now, **values)
            settings = profiles.resolve_for(profile, user, self._plugins).settings
            self._reasons[key] = credentials.why_not(user, settings)
        if self._reasons[key]:
            self._findings.warn_incomplete(row.number, self._reasons[key])
