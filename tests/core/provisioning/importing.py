"""What the tests of CSV imports share: a furnished installation, and one line per import."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from offhook.doors import Plugins
from offhook.model.secrets import Secret
from offhook.model.users import Selection, User
from offhook.provisioning import installation, profiles, users
from offhook.provisioning.csvchecks import ImportReport
from offhook.provisioning.csvfile import import_csv
from offhook.store.store import Store

ACCOUNT = {"pbx_host": "pbx.example.org", "pbx_username": "u", "pbx_password": "s3cret"}


def bad(report: ImportReport) -> list[tuple[int, str, str, str]]:
    """Return the bad cells of a report: row, column, value, reason."""
    return [(cell.row, cell.column, cell.value, cell.reason) for cell in report.bad]


class Site:
    """An installation into which files are imported."""

    def __init__(self, store: Store, plugins: Plugins, folder: Path, now: datetime) -> None:
        self.store, self.plugins, self.folder, self.now = store, plugins, folder, now
        installation.furnish(store, plugins, actor="test", now=now)

    def save(self, *lines: str) -> Path:
        """Write a file of these lines."""
        path = self.folder / "people.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def load(self, *lines: str, **options: Any) -> ImportReport:
        """Import a file of these lines."""
        return self.load_file(self.save(*lines), **options)

    def load_file(self, path: Path, **options: Any) -> ImportReport:
        """Import a file."""
        return import_csv(self.store, self.plugins, path, actor="test", now=self.now, **options)

    def users(self, *names: str) -> list[User]:
        """Return the users with these last names, or all, by last name."""
        with self.store.read() as tx:
            found = sorted(tx.users.stream(Selection()), key=lambda user: user.last_name)
        return [user for user in found if not names or user.last_name in names]

    def user(self, name: str) -> User:
        """Return the only user with this last name."""
        (found,) = self.users(name)
        return found

    def add(self, **fields: str) -> User:
        """Add a user by hand, complete but for what *fields* say."""
        texts = {"last_name": "Ruiz", "email": "ana@example.org", **ACCOUNT, **fields}
        return users.add(self.store, self.plugins, texts, actor="test", now=self.now)

    def add_imported(self, **fields: Any) -> User:
        """Store a user that came from the connection "hq"."""
        with self.store.write() as tx:
            profile = profiles.get(tx, "default")
            user = User(
                id=users.new_id(tx.values.get("installation")),
                profile="default",
                connection="hq",
                source_key="7",
                given=("last_name", "email", "number", "pbx_password"),
                created_at=self.now,
                **{
                    "last_name": "Synced",
                    "email": "sync@example.org",
                    "number": "2001",
                    "pbx_password": Secret("from-the-pbx"),
                    **fields,
                },
            )
            tx.users.add(user, profile.id)
        return user

    def add_profile(self, name: str, **settings: str) -> None:
        """Make a profile."""
        profiles.create(self.store, self.plugins, name, settings, actor="test", now=self.now)

    def export(self) -> str:
        """Return the export of all users."""
        stream = BytesIO()
        users.export(self.store, stream, Selection(), actor="test", now=self.now)
        return stream.getvalue().decode("utf-8-sig")

    def staged(self) -> int:
        """Return how many rows stand in the import table."""
        with self.store.read() as tx:
            query = "SELECT count(*) FROM offhook_staged_user"
            return int(tx.connection.exec_driver_sql(query).scalar_one())
