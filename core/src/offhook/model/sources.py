"""Users as their sources have them, before they are users here; passwords on their way back."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from attrs import Factory, frozen

from offhook.model.secrets import Secret

SourceKind = Literal["pbx", "client-service", "gateway"]
CredentialWay = Literal["read", "set", "file", "hand"]
_NUMBER = re.compile(r"[0-9*#]+")

HASH_NUMBER = (
    "a directory number with # cannot come over a remote MBG connection: "
    "use * (1*001), or a local or clustered MBG"
)


@frozen(kw_only=True)
class SourceUser:
    """
    A user as its source has it.

    ``key`` names it there for good: a GUID or a user id; the number only where there is nothing
    better. ``fields`` maps names of `UserFields` to texts, those of secrets to a `Secret`: what is
    absent the source does not know (ours stays), what is empty is empty there. ``pbx`` is the name
    or number of its PBX, empty where the source does not say. ``login`` is the user id there: its
    client needs a factory reset when that changes. ``role`` is what the connection's roles map to
    a profile, ``phone`` its phone type. ``automatic`` where its system wants it deployed unasked.
    """

    key: str
    fields: Mapping[str, str | Secret] = Factory(dict)
    kind: SourceKind = "pbx"
    pbx: str = ""
    login: str = ""
    role: str = ""
    phone: str = ""
    automatic: bool = False


@frozen
class Skipped:
    """What a source holds but cannot be a user here: which (key, number or row), and why."""

    key: str
    reason: str


def object_to_number(text: str) -> str:
    """Return why *text* is no directory number of a PBX, nothing where it is one."""
    if not text:
        return "it has no directory number"
    if _NUMBER.fullmatch(text):
        return ""
    return f"{text!r} is no directory number: it may have digits, * and # only"


@frozen(kw_only=True)
class WantedCredentials:
    """
    What a PBX or gateway is asked to let a user register with.

    ``key`` is the `SourceUser`'s at a PBX; at a gateway it is that of `AskedCredentials`.
    """

    key: str
    number: str
    username: str
    password: Secret


@frozen(kw_only=True)
class AskedCredentials:
    """Whose credentials are asked for; ``username`` is empty where it is not known here."""

    key: str
    number: str
    username: str = ""


@frozen(kw_only=True)
class FoundCredentials:
    """What a user registers with there; ``password`` is None where the system does not show it."""

    username: str
    password: Secret | None


@frozen(kw_only=True)
class Source:
    """
    A connection that users come from.

    ``every`` is in minutes, 0 for never; ``automatic`` says whether a sync adds and deploys users
    whose system wants that. ``run`` names its last whole reading, at ``read_at``; ``error`` says
    why the latest one, at ``tried_at``, did not come to its end. ``changed_at`` is since when its
    users need a sync, because options of the connection have changed: a PBX's address perhaps.
    """

    connection: str
    every: int = 0
    automatic: bool = False
    run: str = ""
    read_at: datetime | None = None
    tried_at: datetime | None = None
    error: str = ""
    changed_at: datetime | None = None


@frozen(kw_only=True)
class SourceRecord:
    """A `SourceUser` as it was read from ``connection``; equal ``merge`` means the same person."""

    connection: str
    merge: str
    user: SourceUser
