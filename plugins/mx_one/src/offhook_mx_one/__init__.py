"""MiVoice MX-ONE for offhook: its users, and the passwords that their clients register with."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from offhook.api import (
    CODECS,
    Connection,
    Fact,
    Finding,
    PbxType,
    Skipped,
    SourceUser,
    WantedCredentials,
    hookimpl,
)
from offhook_mx_one.codes import push_all
from offhook_mx_one.diagnosis import examine
from offhook_mx_one.facts import FACTS
from offhook_mx_one.options import Options
from offhook_mx_one.users import list_all

__all__ = ["FACTS", "Options"]


@hookimpl
def options_class() -> type[Options]:
    """Where users are read, how to log in, and how codes are pushed."""
    return Options


@hookimpl
def pbx_type() -> PbxType:
    """Opus is allowed; a role of its own name says who gets a client."""
    return PbxType(
        name="mx_one",
        label="MiVoice MX-ONE",
        codecs=CODECS,
        phones=FACTS.section("phone")["deployable"],
        defaults=FACTS.words("client"),
        credentials=("set", "file", "hand"),
        roles={role: name != "entry" for name, role in FACTS.words("role").items()},
    )


@hookimpl
def assumptions() -> Mapping[str, Fact]:
    """Paths, JSON keys, columns, recipes of hashes."""
    return FACTS.all


@hookimpl
def list_users(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """The users of the Provisioning Manager, page by page, or those of a file."""
    return list_all(connection)


@hookimpl
def set_credentials(
    connection: Connection[Options], wanted: Sequence[WantedCredentials]
) -> Mapping[str, str]:
    """Each password becomes the authorisation code of its extension, whatever was there before."""
    return push_all(connection.options, wanted)


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """Reachable, certificate, login, clock, rights, list of users; or what is in the file."""
    return examine(connection.options, now=datetime.now(UTC))
