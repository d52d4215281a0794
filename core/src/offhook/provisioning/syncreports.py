"""What a sync of users is about, and what it came to: values, and how they are shown."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from attrs import Factory, define, frozen

from offhook.model.deployments import Campaign
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.users import User, UserFields
from offhook.provisioning.passwords import PasswordReport

What = Literal["added", "changed", "back", "gone", "skipped"]
Adds = Literal["all", "automatic"]
MOST_LINES = 10_000
_FIELDS = describe(UserFields)
_AT_SOURCE = ("login", "role")


@frozen(kw_only=True)
class Wanted:
    """
    Whose users are wanted: of these sources, all or only some by number, or by key at each of them.

    ``adds`` says who is added that is not a user yet: all, or whom an automatic source wants
    deployed; ``profile`` is what they get, empty for what their roles say.
    Where it ``deploys``, those who are to be deployed are marked until they are.
    """

    sources: Sequence[str]
    numbers: Collection[str] | None = None
    keys: Mapping[str, Collection[str]] | None = None
    adds: Adds = "automatic"
    profile: str = ""
    deploys: bool = False


@frozen(kw_only=True)
class FieldChange:
    """A field that the source has changed, values as they are shown."""

    field: str
    old: str
    new: str


@frozen(kw_only=True)
class Line:
    """What happened, or would, to one person; ``reason`` says why it was skipped."""

    what: What
    user: str
    name: str
    profile: str = ""
    fields: tuple[FieldChange, ...] = ()
    reason: str = ""


@define(kw_only=True)
class SyncReport:
    """
    What a sync came to; ``lines`` holds the first 10,000 of those that are not unchanged.

    ``deploy`` are ids of users whom their system, or the administrator, wants deployed now;
    ``new`` counts persons at the sources who are no users.
    """

    dry_run: bool = False
    counts: Counter[str] = Factory(Counter)
    lines: list[Line] = Factory(list)
    deploy: list[str] = Factory(list)
    warnings: list[str] = Factory(list)

    def add(self, line: Line) -> None:
        """Count a line, and keep it while there is room."""
        self.counts[line.what] += 1
        if len(self.lines) < MOST_LINES:
            self.lines.append(line)


@frozen(kw_only=True)
class Synced:
    """
    A sync with what followed: passwords set, and the campaign for those to be deployed.

    ``waiting`` counts by reason those who cannot be deployed yet; the next sync tries again.
    """

    report: SyncReport
    passwords: PasswordReport | None = None
    campaign: Campaign | None = None
    waiting: Mapping[str, int] = Factory(dict)


def line_of(user: User, changes: dict[str, Any], profile: Profile | None) -> Line:
    """Return the line of a user whom *changes* concern, and its new profile where it has one."""
    fields = [
        FieldChange(
            field=_FIELDS[name].label,
            old=_FIELDS[name].show(getattr(user, name)),
            new=_FIELDS[name].show(value),
        )
        for name, value in changes.items()
        if name in _FIELDS
    ]
    fields += [
        FieldChange(field=name.capitalize(), old=getattr(user, name), new=changes[name])
        for name in _AT_SOURCE
        if name in changes
    ]
    if "given" in changes:
        fields.append(_given(set(user.given), set(changes["given"])))
    return Line(
        what="back" if user.gone_at else "changed",
        user=user.key,
        name=user.name,
        profile=profile.name if profile else "",
        fields=tuple(fields),
    )


def _given(before: set[str], after: set[str]) -> FieldChange:
    old, new = _labels(before - after), _labels(after - before)
    return FieldChange(field="Read-only here", old=old, new=new)


def _labels(names: Collection[str]) -> str:
    return ", ".join(each.label for name, each in _FIELDS.items() if name in names)
