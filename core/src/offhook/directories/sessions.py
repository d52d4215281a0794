"""One connection to a directory, step by step: connect, encrypt, log in, ask for a page."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from attrs import frozen

from offhook.directories.failures import explained, no_encryption, no_password
from offhook.directories.results import check
from offhook.directories.values import Directory
from offhook.extras import need
from offhook.tls import PeerCertificate, presented, verifying

_START_TLS = "1.3.6.1.4.1.1466.20037"
_PAGED = "1.2.840.113556.1.4.319"


@frozen
class Page:
    """Some entries as ldap3 has them; with a ``cookie`` there are more."""

    entries: Sequence[dict[str, Any]]
    cookie: bytes


class Session:
    """A connection that nobody has logged in to yet; `opened` does all of it."""

    def __init__(self, directory: Directory) -> None:
        self._ldap3 = need("ldap3", "ldap")
        self.directory = directory
        with explained(directory):
            connected = socket.create_connection(
                (directory.host, directory.actual_port), directory.timeout
            )
            self._connection = self._around(connected)

    @property
    def certificate(self) -> PeerCertificate | None:
        """The server's verified certificate; None without TLS."""
        tls = self._connection.socket
        return presented(tls) if isinstance(tls, ssl.SSLSocket) else None

    def encrypt(self) -> None:
        """Speak TLS from here on, where the directory says so; checks certificate and name."""
        if self.directory.security == "none":
            return
        context = verifying(self.directory.ca_file)
        if self.directory.security == "starttls":
            with explained(self.directory):
                self._connection.extended(_START_TLS)
            if self._connection.result["result"]:
                raise no_encryption(self.directory, self._connection.result)
        with explained(self.directory):
            self._connection.socket = context.wrap_socket(
                self._connection.socket, server_hostname=self.directory.host
            )

    def log_in(self) -> None:
        """Log in, or say that nobody does; only after `encrypt`."""
        if self.directory.bind_dn and not self.directory.password:
            # A server takes an empty password for nobody, and gives away what nobody may see.
            raise no_password(self.directory)
        with explained(self.directory):
            self._connection.bind()
        check(self._connection.result, self.directory)

    def page(
        self,
        base: str,
        ldap_filter: str,
        attributes: Sequence[str],
        *,
        cookie: bytes = b"",
    ) -> Page:
        """Return the page after *cookie* of all entries below *base*."""
        self._search(base, ldap_filter, "SUBTREE", attributes, self.directory.page_size, cookie)
        controls = self._connection.result.get("controls", {})
        following = controls.get(_PAGED, {}).get("value", {}).get("cookie", b"")
        return Page(_entries(self._connection.response), following)

    def read(self, dn: str, attributes: Sequence[str] = ()) -> dict[str, Any] | None:
        """Return the entry of that name, if it is there and may be seen."""
        self._search(dn, "(objectClass=*)", "BASE", attributes)
        entries = _entries(self._connection.response)
        return entries[0] if entries else None

    def close(self) -> None:
        """Say goodbye if the server still listens."""
        with suppress(OSError, self._ldap3.core.exceptions.LDAPException):
            self._connection.unbind()

    def _around(self, connected: socket.socket) -> Any:
        """Return ldap3's connection around ours: its own would hide why opening it failed."""
        directory = self.directory
        login = {}
        if directory.bind_dn and directory.password:
            login = {"user": directory.bind_dn, "password": directory.password.reveal()}
        connection = self._ldap3.Connection(
            self._ldap3.Server(directory.host, directory.actual_port, get_info=self._ldap3.NONE),
            auto_bind=self._ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            read_only=True,
            return_empty_attributes=False,
            **login,
        )
        connection.socket, connection.closed, connection.listening = connected, False, True
        connection.strategy._outstanding = {}
        return connection

    def _search(self, base: str, query: str, scope: str, attributes: Any, *page: Any) -> None:
        size, cookie = page or (None, None)
        with explained(self.directory):
            self._connection.search(
                base,
                query,
                scope,
                dereference_aliases=self._ldap3.DEREF_NEVER,
                attributes=list(attributes),
                paged_size=size,
                paged_cookie=cookie,
            )
        check(self._connection.result, self.directory, base)


@contextmanager
def connected(directory: Directory) -> Iterator[Session]:
    """Yield a session that is neither encrypted nor logged in; closes it quietly."""
    session = Session(directory)
    try:
        yield session
    finally:
        session.close()


@contextmanager
def opened(directory: Directory) -> Iterator[Session]:
    """Yield a session that is ready for searches; raises `Unreachable` or `Refused`."""
    with connected(directory) as session:
        session.encrypt()
        session.log_in()
        yield session


def _entries(response: Any) -> list[dict[str, Any]]:
    """Leave out the references to other directories."""
    return [each for each in response or () if each["type"] == "searchResEntry"]
