"""Where the users of a MiVoice 5000 are read."""

from attrs import frozen

from offhook.api import DirectoryOptions, InvalidInput, Problem, check_host, described
from offhook_mv5000.facts import FACTS

NEEDED = {"ldap": ("host", "base_dn"), "file": ("file",)}


@frozen(kw_only=True)
class Options(DirectoryOptions):
    """The options of a connection; raises `InvalidInput` where one is missing for its source."""

    source: str = described(
        default="ldap",
        choices=tuple(NEEDED),
        read=lambda text: text.strip().lower(),
        help="Where users are read: the system's LDAP directory, or a file.",
    )
    file: str = described(
        path=True,
        default="",
        help="With source file: CSV, .xlsx or LDIF, told apart by its content.",
    )
    sip_host: str = described(
        default="",
        label="SIP host",
        check=check_host,
        help="Where clients register; empty: the profile says so.",
    )
    facts: str = FACTS.option()

    def __attrs_post_init__(self) -> None:
        missing = [name for name in NEEDED[self.source] if not getattr(self, name)]
        if missing:
            reason = f"missing; source {self.source} needs it"
            raise InvalidInput(
                "The users cannot be read so:", [Problem(name, "", reason) for name in missing]
            )
