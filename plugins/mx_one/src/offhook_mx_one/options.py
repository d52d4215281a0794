"""Where the users of an MX-ONE are read, how to log in there, and how codes are pushed."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from offhook.api import InvalidInput, Problem, Secret, between, check_host, described
from offhook_mx_one.facts import FACTS

_NUMBERS = frozenset({"http.port", "query.first", "code.shortest", "code.longest"})
# Core gives the first user 30 s: a login and a page, each asked for again once.
_SLOWEST = 7


@frozen(kw_only=True)
class Options:
    """The options of a connection; raises `InvalidInput` for some that do not go together."""

    source: str = described(
        default="rest",
        choices=("rest", "csv"),
        read=lambda text: text.strip().lower(),
        help="Where users are read: the Provisioning Manager (rest), or a file exported from it.",
    )
    host: str = described(
        default="",
        check=check_host,
        identifies=True,
        help="The Provisioning Manager; its certificate must be made for this name.",
    )
    port: int = described(default=0, check=between(0, 65535), help="Its port; 0 is the usual one.")
    username: str = described(default="", help="An administrator of the Provisioning Manager.")
    password: Secret = described(default=Secret(""), help="Password of that administrator.")
    ca_file: str = described(
        path=True,
        default="",
        label="CA file",
        help="PEM file with the authority behind the server's certificate; empty: the system's.",
    )
    subsystem: str = described(
        default="", help="Name of the MX-ONE where the Provisioning Manager has several."
    )
    page_size: int = described(
        default=200, check=between(1, 1000), help="How many users are asked for at once."
    )
    timeout: int = described(
        default=7, unit="s", check=between(1, _SLOWEST), help="How long an answer may take."
    )
    file: str = described(default="", path=True, help="With source csv: the file; CSV or .xlsx.")
    sip_host: str = described(
        default="",
        label="SIP host",
        check=check_host,
        help="Where clients register; empty: the host of the Provisioning Manager.",
    )
    hash_type: str = described(
        default="CLEARTEXT",
        choices=FACTS.taken()["hash.types"],
        read=lambda text: text.strip().upper(),
        help="How the PBX keeps an authorisation code that is pushed.",
    )
    customer: str = described(default="", help="Customer of the extensions, where there are many.")
    service_profile: str = described(
        default="", help="Common service profile of a code; empty: the PBX decides."
    )
    facts: str = FACTS.option()

    def __attrs_post_init__(self) -> None:
        needed = {"rest": ("host", "username"), "csv": ("file",)}[self.source]
        problems = [
            Problem(name, "", f"missing; source={self.source} needs it")
            for name in needed
            if not getattr(self, name)
        ]
        problems += _wrong_facts(FACTS.taken(self.facts))
        if problems:
            raise InvalidInput("The options do not go together:", problems)


def _wrong_facts(names: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """Yield the facts of which not any text can be made use."""
    for name, (value, *_) in names.items():
        if name in _NUMBERS and not (value.isascii() and value.isdecimal()):
            yield Problem("facts", f"{name}={value}", "use a whole number")
        elif name == "http.port" and not 0 < int(value) < 2**16:
            yield Problem("facts", f"{name}={value}", "use a number from 1 to 65535")
        if name.startswith("path.") and not value.startswith("/"):
            yield Problem("facts", f"{name}={value}", "use a path that begins with /")
