"""MiVoice Office 400 for offhook: users from the files that it exports, and its clients."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from offhook.api import (
    CODECS,
    Connection,
    Fact,
    Finding,
    PbxType,
    Skipped,
    SourceUser,
    hookimpl,
)
from offhook_mvo400.facts import FACTS
from offhook_mvo400.options import Options
from offhook_mvo400.users import examine, list_all

__all__ = ["Options", "assumptions", "diagnose", "list_users", "options_class", "pbx_type"]


@hookimpl
def pbx_type() -> PbxType:
    """Every codec but Opus; no export holds passwords, so the operator has them."""
    return PbxType(
        name="mvo400",
        label="MiVoice Office 400",
        codecs=tuple(codec for codec in CODECS if codec != "opus"),
        phones=FACTS.section("phone")["deployable"],
        defaults=FACTS.words("client"),
        credentials=("file", "hand"),
    )


@hookimpl
def options_class() -> type[Options]:
    """Which files hold the users."""
    return Options


@hookimpl
def assumptions() -> Mapping[str, Fact]:
    """The sheet, its columns, the phone types, what clients start with."""
    return FACTS.all


@hookimpl
def list_users(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """A user for every number in the files whose phone can be a client."""
    return list_all(connection)


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """Each file: readable, how old, columns, rows; then how many users that makes."""
    return examine(connection, now=datetime.now(UTC))
