"""MiVoice 5000 for offhook: users from its LDAP directory or a file, and what its clients need."""

from collections.abc import Iterable, Iterator, Mapping
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
from offhook_mv5000.diagnosis import examine
from offhook_mv5000.facts import FACTS
from offhook_mv5000.options import Options
from offhook_mv5000.people import read_people

__all__ = ["Options", "assumptions", "diagnose", "list_users", "options_class", "pbx_type"]


@hookimpl
def pbx_type() -> PbxType:
    """Every codec but Opus; passwords cannot be read, so the operator has them."""
    return PbxType(
        name="mv5000",
        label="MiVoice 5000",
        codecs=tuple(codec for codec in CODECS if codec != "opus"),
        phones=FACTS.section("phone")["deployable"],
        credentials=("file", "hand"),
    )


@hookimpl
def options_class() -> type[Options]:
    """Where the directory is, or which file holds the users."""
    return Options


@hookimpl
def assumptions() -> Mapping[str, Fact]:
    """Classes, attributes, column headings and phone types."""
    return FACTS.all


@hookimpl
def list_users(connection: Connection[Options]) -> Iterable[SourceUser | Skipped]:
    """The subscriptions; contacts and phones that can have no client are left out."""
    return read_people(connection)


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """The directory or the file, step by step."""
    return examine(connection.options, now=datetime.now(UTC))
