"""Counts what a source holds, and finds what does not fit together in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from attrs import Factory, define

from offhook.api import Finding, Record, Skipped, SourceUser
from offhook_mivb.options import Options
from offhook_mivb.rules import BULK_ROWS, has_weak_password, is_bulk

_REASONS = 3


@define
class Tally:
    """
    How many rows, users and entries left out there are, by reason; which columns are known.

    ``inside`` counts users whom the gateway does not serve, ``weak`` those with a weak password.
    """

    options: Options
    rows: int = 0
    columns: set[str] = Factory(set)
    users: int = 0
    skipped: Counter[str] = Factory(Counter)
    inside: int = 0
    weak: int = 0

    def rows_of(self, rows: Iterable[Record]) -> Iterator[Record]:
        """Pass *rows* on, counted."""
        for row in rows:
            self.rows += 1
            self.columns.update(row.values)
            self.weak += has_weak_password(row.values, self.options.facts)
            yield row

    def count(self, each: SourceUser | Skipped) -> None:
        """Count a user, or why an entry is left out."""
        if isinstance(each, Skipped):
            self.skipped[each.reason] += 1
            return
        self.users += 1
        self.inside += bool(each.login) and each.fields.get("gateway_username") == ""

    @property
    def too_long(self) -> bool:
        """Whether the bulk format could not hold so many."""
        return self.rows > BULK_ROWS and is_bulk(self.columns)


def summarize(tally: Tally, scope: str) -> Finding:
    """Return how many users there are, and why entries are left out; *scope* says of which."""
    out = tally.skipped.total()
    summary = f"Users that can have a client: {tally.users:,}; left out: {out:,}{scope}."
    common = [f"{count:,} x {reason}" for reason, count in tally.skipped.most_common(_REASONS)]
    return Finding(
        level="ok" if tally.users else "warning",
        code="mivb-users",
        summary=f"{summary} Most often: {'; '.join(common)}." if common else summary,
        meaning="" if tally.users else "Nobody can be imported.",
        action="" if tally.users else "Compare the columns with the manual of this plugin.",
    )


def remark(tally: Tally) -> Iterator[Finding]:
    """Yield what does not fit together, or is worth knowing before the import."""
    return (finding(tally) for applies, finding in _REMARKS if applies(tally))


def _has(tally: Tally, *columns: str) -> bool:
    return not tally.columns.isdisjoint(columns)


_REMARKS: tuple[tuple[Callable[[Tally], bool], Callable[[Tally], Finding]], ...] = (
    (
        lambda tally: not _has(tally, "login"),
        lambda tally: Finding(
            level="warning",
            code="mivb-mode",
            summary=f"The mode is {tally.options.mode}, but the source has no logins.",
            meaning="The user names at the gateway and the client service stay unknown.",
            action="Export the login too, or name its column in the option facts.",
        ),
    ),
    (
        lambda tally: (
            tally.options.mode == "integrated" and not _has(tally, "role", "template", "profile")
        ),
        lambda _: Finding(
            level="note",
            code="mivb-roles",
            summary="The source has no roles, templates or deployment profiles.",
            meaning="Everybody gets the default profile, and nobody is deployed unasked.",
        ),
    ),
    (
        lambda tally: _has(tally, "number") and not _has(tally, "phone_type"),
        lambda _: Finding(
            level="note",
            code="mivb-phones",
            summary="The source has no phone types.",
            meaning="The first number of everybody is taken for one that can have a client.",
            action="Narrow the filter or the export to users with a softphone.",
        ),
    ),
    (
        lambda tally: tally.too_long,
        lambda tally: Finding(
            level="warning",
            code="mivb-bulk",
            summary=f"It has {tally.rows:,} rows; bulk provisioning takes {BULK_ROWS:,} in a file.",
            meaning="The system itself has not taken this file as it is.",
            action="Check that all of these users are there.",
        ),
    ),
    (
        lambda tally: bool(tally.inside),
        lambda tally: Finding(
            level="note",
            code="mivb-teleworker",
            summary=f"The gateway serves {tally.inside:,} of the users not: no teleworker licence.",
            meaning="With a profile that uses the teleworker they cannot be deployed.",
            action="Add the teleworker service, or give them a profile without.",
        ),
    ),
    (
        lambda tally: bool(tally.weak),
        lambda tally: Finding(
            level="warning",
            code="mivb-password",
            summary=f"{tally.weak:,} SIP passwords are neither random nor a strong value.",
            meaning="The gateway refuses weak passwords unless it is told to permit them.",
            action="Choose a random password in the template, or a strong value.",
        ),
    ),
)
