"""MiVoice Business for offhook: users from an exported file or a directory, and its clients."""

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
from offhook_mivb.diagnosis import examine
from offhook_mivb.facts import FACTS
from offhook_mivb.options import Options
from offhook_mivb.people import read_people
from offhook_mivb.sources import read_rows
from offhook_mivb.words import PHONES, ROLES

__all__ = ["Options", "assumptions", "diagnose", "list_users", "options_class", "pbx_type"]


@hookimpl
def pbx_type() -> PbxType:
    """Opus is allowed; passwords are in no export, so the operator has them."""
    return PbxType(
        name="mivb",
        label="MiVoice Business",
        codecs=CODECS,
        phones=PHONES,
        credentials=("file", "hand"),
        roles=ROLES,
    )


@hookimpl
def options_class() -> type[Options]:
    """Where the users are read, and in which mode the system is."""
    return Options


@hookimpl
def assumptions() -> Mapping[str, Fact]:
    """Column headings, attributes and words of the system."""
    return FACTS.all


@hookimpl
def list_users(connection: Connection[Options]) -> Iterable[SourceUser | Skipped]:
    """A user for every directory number whose phone type can have a client."""
    return read_people(connection, read_rows(connection.options))


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """The file or the directory, then what is in it."""
    return examine(connection, now=datetime.now(UTC))
