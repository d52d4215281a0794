"""What a role at a source means here: which profile its users get, or that they get no client."""

from sqlalchemy import Connection, delete, insert, select

from offhook.store.sourcetables import table

roles = table("role")
profiles = table("profile")


class Roles:
    """The roles of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, connection: str) -> dict[str, str | None]:
        """Return the roles of a source with their profiles' names, None for no client."""
        joined = roles.outerjoin(profiles, profiles.c.id == roles.c.profile_id)
        query = select(roles.c.role, profiles.c.name).select_from(joined)
        found = query.where(roles.c.connection == connection).order_by(roles.c.role)
        return {row[0]: row[1] for row in self._connection.execute(found)}

    def set(self, connection: str, role: str, profile_id: str | None) -> None:
        """Map a role to a profile, or to no client."""
        self.delete(connection, role)
        values = {"connection": connection, "role": role, "profile_id": profile_id}
        self._connection.execute(insert(roles).values(**values))

    def delete(self, connection: str, role: str | None = None) -> int:
        """Forget what a role means, or (None) what all roles of a source mean."""
        mine = [roles.c.connection == connection]
        if role is not None:
            mine.append(roles.c.role == role)
        return self._connection.execute(delete(roles).where(*mine)).rowcount

    def using(self, profile_id: str) -> list[str]:
        """Return the sources whose roles map to a profile."""
        query = select(roles.c.connection).where(roles.c.profile_id == profile_id).distinct()
        return list(self._connection.execute(query).scalars())
