"""What an administrator says about a directory; for the options of every plugin that reads one."""

from attrs import frozen

from offhook.directories.values import USUAL_PORTS, Directory
from offhook.model.described import described
from offhook.model.rules import between, check_host
from offhook.model.secrets import Secret


@frozen(kw_only=True)
class DirectoryOptions:
    """Where a directory is and how to log in; inherit it, and hand `directory` to `search`."""

    host: str = described(
        default="",
        check=check_host,
        identifies=True,
        help="Name or address of the directory; its certificate must be made for it.",
    )
    port: int = described(
        default=0,
        check=between(0, 65535),
        help="Its port; 0 is the usual one: 636 with ldaps, else 389.",
    )
    security: str = described(
        default="ldaps",
        choices=tuple(USUAL_PORTS),
        read=lambda text: text.strip().lower(),
        help="ldaps, starttls or none (only on a network you trust).",
    )
    ca_file: str = described(
        path=True,
        default="",
        label="CA file",
        help="PEM file with the authority behind its certificate; empty: the system's.",
    )
    bind_dn: str = described(default="", label="Bind DN", help="Who logs in; empty: without login.")
    password: Secret = described(default=Secret(""), help="Password of the bind DN.")
    base_dn: str = described(default="", label="Base DN", help="Below which entry the users are.")
    filter: str = described(
        default="", help="LDAP filter of the users; empty: the usual one, see the manual."
    )

    def query(self, usual: str) -> str:
        """Return the LDAP filter: the option's, with brackets around it, or the *usual* one."""
        if not self.filter or self.filter.startswith("("):
            return self.filter or usual
        return f"({self.filter})"

    @property
    def directory(self) -> Directory:
        """What `search` and `diagnose_directory` take."""
        return Directory(
            host=self.host,
            port=self.port,
            security=self.security,
            ca_file=self.ca_file,
            bind_dn=self.bind_dn,
            password=self.password or None,
        )
