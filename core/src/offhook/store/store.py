"""The store: transactions, and in each the repositories that take and give domain values."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from threading import RLock

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import Engine, insert, inspect, select, text

from offhook.errors import OffhookError, SettingsError
from offhook.model.secrets import Secret
from offhook.store.admins import Admins
from offhook.store.authorizations import Authorizations
from offhook.store.campaigns import Campaigns
from offhook.store.clientlogs import ClientLogs
from offhook.store.connections import Connections
from offhook.store.deployments import Deployments
from offhook.store.devices import Devices
from offhook.store.diagnoses import Diagnoses
from offhook.store.encryption import Cipher
from offhook.store.engines import check_connection, open_engine, reporting, writing
from offhook.store.imported import Imported
from offhook.store.imports import Imports
from offhook.store.keypairs import KeyPairs
from offhook.store.profiles import Profiles
from offhook.store.records import Audit, Events, Refusals, Values, Workers
from offhook.store.roles import Roles
from offhook.store.sources import Sources
from offhook.store.tables import table
from offhook.store.users import Users

HEAD = "0001"
VERSION_TABLE = "offhook_alembic_version"


class Transaction:
    """One transaction; ``connection`` is only for `jobs`, which enqueues within it."""

    def __init__(self, connection: DatabaseConnection, cipher: Cipher) -> None:
        self.connection = connection
        self._cipher = cipher

    @cached_property
    def users(self) -> Users:
        """Users, their page, search and selection."""
        return Users(self.connection, self._cipher)

    @cached_property
    def imports(self) -> Imports:
        """Staged users of a running import."""
        return Imports(self.connection)

    @cached_property
    def profiles(self) -> Profiles:
        """Deployment profiles."""
        return Profiles(self.connection)

    @cached_property
    def connections(self) -> Connections:
        """Configured systems."""
        return Connections(self.connection, self._cipher)

    @cached_property
    def client_logs(self) -> ClientLogs:
        """Logs that clients sent."""
        return ClientLogs(self.connection)

    @cached_property
    def imported(self) -> Imported:
        """Users that came from a source."""
        return Imported(self.connection, self._cipher)

    @cached_property
    def sources(self) -> Sources:
        """What the sources of users hold."""
        return Sources(self.connection, self._cipher)

    @cached_property
    def authorizations(self) -> Authorizations:
        """What systems gave us that had to let us in first."""
        return Authorizations(self.connection, self._cipher)

    @cached_property
    def roles(self) -> Roles:
        """What roles at sources mean here."""
        return Roles(self.connection)

    @cached_property
    def deployments(self) -> Deployments:
        """Deployments with delivery, token and PIN grants."""
        return Deployments(self.connection, self._cipher)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns, and their deployments on the way to the wire."""
        return Campaigns(self.connection, self._cipher)

    @cached_property
    def devices(self) -> Devices:
        """Devices and their tokens."""
        return Devices(self.connection, self._cipher)

    @cached_property
    def refusals(self) -> Refusals:
        """Why requests were refused."""
        return Refusals(self.connection)

    @cached_property
    def events(self) -> Events:
        """What an administrator should know."""
        return Events(self.connection)

    @cached_property
    def audit(self) -> Audit:
        """Who did what."""
        return Audit(self.connection)

    @cached_property
    def admins(self) -> Admins:
        """Administrators and their sessions."""
        return Admins(self.connection)

    @cached_property
    def key_pairs(self) -> KeyPairs:
        """Private keys of server certificates."""
        return KeyPairs(self.connection, self._cipher)

    @cached_property
    def diagnoses(self) -> Diagnoses:
        """What diagnoses of profiles found."""
        return Diagnoses(self.connection)

    @cached_property
    def values(self) -> Values:
        """Single values of the installation."""
        return Values(self.connection)

    @cached_property
    def workers(self) -> Workers:
        """Heartbeats."""
        return Workers(self.connection)


class Store:
    """A database and the keys for its encrypted values."""

    def __init__(self, engine: Engine, cipher: Cipher) -> None:
        self.engine = engine
        self.cipher = cipher
        # SQLite's own wait for its lock sleeps and retries: within a process we queue up instead.
        self._turn = RLock() if engine.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def open(cls, url: str, cipher: Cipher) -> "Store":
        """
        Open a database that has been made by ``init`` and is of this version.

        Raises `SettingsError` when it is empty, older, newer, or of another key file.
        """
        engine = open_engine(url)
        store = cls(engine, cipher)
        try:
            check_connection(engine)
            check_version(engine)
            store.check_key()
        except OffhookError:
            store.close()
            raise
        return store

    def check_key(self) -> None:
        """Seal a known value once; later open it, so that a wrong key file is told at the start."""
        checks = table("key_check")
        with self.engine.connect() as connection:
            sealed = connection.execute(select(checks.c.check_sealed)).scalar()
        if sealed:
            self.cipher.open(sealed)
            return
        with self.write() as tx:
            known = self.cipher.seal(Secret("offhook"))
            tx.connection.execute(insert(checks).values(id=1, check_sealed=known))

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads; raises `Unreachable` when the database is away."""
        with reporting(self.engine), self.engine.connect() as connection:
            yield Transaction(connection, self.cipher)

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Transaction]:
        """
        A transaction that holds the write lock from its start; committed at the end.

        One that is not *durable* is for what a power cut may undo. Raises `Unreachable` when the
        database is away, and when it is locked for too long.
        """
        with self._turn, writing(self.engine, durable=durable) as connection:
            yield Transaction(connection, self.cipher)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def check_version(engine: Engine) -> None:
    """Raise `SettingsError` unless the tables are of this version."""
    found = refuse_newer(engine)
    if found == HEAD:
        return
    place = engine.url.render_as_string(hide_password=True)
    if found is None:
        raise SettingsError(
            f"The database {place} is empty.",
            hint="Make the tables with: offhook init. If there were some, restore your backup.",
        )
    raise SettingsError(
        f"The database {place} is from an older offhook (tables {found}, now {HEAD}).",
        hint="Make a backup, then run: offhook migrate",
    )


def refuse_newer(engine: Engine) -> str | None:
    """Return the version of the tables; raises `SettingsError` when they are of a newer one."""
    with reporting(engine), engine.connect() as connection:
        found = None
        if inspect(connection).has_table(VERSION_TABLE):
            query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608
            found = connection.execute(query).scalar()
    if found and found > HEAD:
        place = engine.url.render_as_string(hide_password=True)
        raise SettingsError(
            f"The database {place} is from a newer offhook (its tables are version {found}, "
            f"this offhook knows {HEAD}).",
            hint="Install the newer offhook; nothing has been changed.",
        )
    return found
