"""Rows into domain values and back; the only place that knows which columns are sealed."""

import json
from collections.abc import Mapping
from typing import Any

import attrs

from offhook.model.deployments import Deployment
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.model.users import User, UserFields
from offhook.store.encryption import Cipher

USER_FIELDS = tuple(describe(UserFields))
SECRET_FIELDS = tuple(name for name, each in describe(UserFields).items() if each.secret)
USER_COLUMNS = {n: f"{n}_sealed" if n in SECRET_FIELDS else n for n in USER_FIELDS}
PLAIN_FIELDS = tuple(name for name in USER_FIELDS if name not in SECRET_FIELDS)
DEPLOYMENT_FIELDS = tuple(field.name for field in attrs.fields(Deployment))
_TUPLES = frozenset(n for n, each in describe(Settings).items() if each.type == tuple[str, ...])

Row = Mapping[Any, Any]


def columns_of_user(values: Mapping[str, Any], cipher: Cipher) -> dict[str, Any]:
    """Return the columns for those user fields that *values* holds."""
    return {
        USER_COLUMNS[name]: cipher.seal(value) if name in SECRET_FIELDS else value
        for name, value in values.items()
    }


def search_text(values: Mapping[str, Any]) -> str:
    """Return the case-folded text that a search for the user looks into."""
    words = (values["first_name"], values["last_name"], values["number"], values["email"])
    return "\n".join((f"{words[0]} {words[1]}", *words[1:], values["gateway_username"])).casefold()


def row_of(user: User, profile_id: str, cipher: Cipher) -> dict[str, Any]:
    """Return a new row of the user table for *user*."""
    values = {name: getattr(user, name) for name in USER_FIELDS}
    return {
        "id": user.id,
        "profile_id": profile_id,
        "connection": user.connection,
        "source_key": user.source_key,
        "login": user.login,
        "role": user.role,
        "given": ",".join(user.given),
        "waits": user.waits,
        "search": search_text(values),
        "revision": user.revision,
        "force_count": user.force_count,
        "created_at": user.created_at,
        **columns_of_user(values, cipher),
    }


def user_of(row: Row, profile: str, cipher: Cipher) -> User:
    """Return the user in *row*, a row of the user table, with its profile's name."""
    secrets: dict[str, Any] = {name: cipher.open(row[f"{name}_sealed"]) for name in SECRET_FIELDS}
    plain = {name: row[name] for name in PLAIN_FIELDS}
    return User(
        id=row["id"],
        profile=profile,
        connection=row["connection"],
        source_key=row["source_key"],
        login=row["login"],
        role=row["role"],
        given=tuple(filter(None, row["given"].split(","))),
        gone_at=row["gone_at"],
        reset_at=row["reset_at"],
        waits=row["waits"],
        revision=row["revision"],
        force_count=row["force_count"],
        created_at=row["created_at"],
        **plain,
        **secrets,
    )


def profile_of(row: Row, prefix: str = "") -> Profile:
    """Return the profile in *row*; *prefix* is that of its columns in a join."""
    return Profile(
        id=row[f"{prefix}id"],
        name=row[f"{prefix}name"],
        pbx_type=row[f"{prefix}pbx_type"],
        transport=row[f"{prefix}transport"],
        gateway=row[f"{prefix}gateway"],
        settings=settings_of(row[f"{prefix}settings"]),
        modes=json.loads(row[f"{prefix}modes"]),
        gateway_settings=settings_of(row[f"{prefix}gateway_settings"]),
        system_settings=settings_of(row[f"{prefix}system_settings"]),
        revision=row[f"{prefix}revision"],
    )


def settings_of(text: str) -> dict[str, Any]:
    """Return the profile settings that the JSON *text* holds."""
    found = json.loads(text)
    return {name: tuple(value) if name in _TUPLES else value for name, value in found.items()}


def deployment_of(row: Row, prefix: str = "") -> Deployment:
    """Return the deployment in *row*; *prefix* is that of its columns in a join."""
    return Deployment(**{name: row[f"{prefix}{name}"] for name in DEPLOYMENT_FIELDS})
