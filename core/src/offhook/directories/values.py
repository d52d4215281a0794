"""What is said about a directory, and what is found in it."""

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from offhook.model.secrets import Secret

USUAL_PORTS = {"ldaps": 636, "starttls": 389, "none": 389}


@frozen(kw_only=True)
class Directory:
    """
    How to reach a directory and log in.

    ``port`` 0 is the usual one of ``security``: "ldaps", "starttls" or "none". ``ca_file`` is a PEM
    file, empty for the platform's authorities. Without ``bind_dn`` nobody logs in. ``timeout`` is
    in seconds, for every answer.
    """

    host: str
    port: int = 0
    security: str = "ldaps"
    ca_file: str = ""
    bind_dn: str = ""
    password: Secret | None = None
    page_size: int = 500
    timeout: float = 10

    @property
    def actual_port(self) -> int:
        """The port given, or the usual one."""
        return self.port or USUAL_PORTS[self.security]

    @property
    def server(self) -> str:
        """The server as ``host:port``, for sentences."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.actual_port}"


def _lowered(attributes: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {name.lower(): values for name, values in attributes.items()}


@frozen
class Entry:
    """
    One entry: its name, and its attributes by lower-case name.

    An attribute without a value is not there, nor is one that the login may not read.
    """

    dn: str
    attributes: Mapping[str, tuple[str, ...]] = field(converter=_lowered)

    def first(self, name: str) -> str:
        """Return the first value of an attribute, however its name is written; "" for none."""
        values = self.attributes.get(name.lower())
        return values[0] if values else ""

    def fields(self, names: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Return a value per field of *names*, by the first of its attributes that is there."""
        found = {}
        for field_name, attributes in names.items():
            for attribute in attributes:
                if values := self.attributes.get(attribute.lower()):
                    found[field_name] = values[0]
                    break
        return found

    def __contains__(self, name: object) -> bool:
        """Tell whether the entry has this attribute."""
        return isinstance(name, str) and name.lower() in self.attributes
