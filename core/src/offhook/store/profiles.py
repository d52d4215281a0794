"""Deployment profiles in the database."""

import json
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from offhook.model.profiles import Profile
from offhook.store.mapping import profile_of
from offhook.store.tables import table

profiles = table("profile")
users = table("user")


class Profiles:
    """The profiles of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Profile]:
        """Return every profile, by name."""
        rows = self._connection.execute(select(profiles).order_by(profiles.c.name)).mappings()
        return [profile_of(row) for row in rows]

    def named(self, name: str) -> Profile | None:
        """Return the profile of that name."""
        query = select(profiles).where(profiles.c.name == name)
        row = self._connection.execute(query).mappings().first()
        return profile_of(row) if row else None

    def add(self, profile: Profile) -> None:
        """Store a new profile."""
        self._connection.execute(insert(profiles).values(id=profile.id, **_columns(profile)))

    def replace(self, profile: Profile) -> None:
        """Store a changed profile; its revision grows."""
        values = _columns(profile) | {"revision": profiles.c.revision + 1}
        self._connection.execute(
            update(profiles).where(profiles.c.id == profile.id).values(**values)
        )

    def delete(self, profile_id: str) -> None:
        """Delete a profile that no user holds."""
        self._connection.execute(delete(profiles).where(profiles.c.id == profile_id))

    def count_users(self, profile_id: str) -> int:
        """Return how many users hold the profile."""
        query = select(func.count()).where(users.c.profile_id == profile_id)
        return self._connection.execute(query).scalar_one()


def _columns(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "pbx_type": profile.pbx_type,
        "transport": profile.transport,
        "gateway": profile.gateway,
        "settings": json.dumps(dict(profile.settings), sort_keys=True),
        "modes": json.dumps(dict(profile.modes), sort_keys=True),
        "gateway_settings": json.dumps(dict(profile.gateway_settings), sort_keys=True),
        "system_settings": json.dumps(dict(profile.system_settings), sort_keys=True),
        "revision": profile.revision,
    }
