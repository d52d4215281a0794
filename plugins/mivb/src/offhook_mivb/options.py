"""Where the users of a MiVoice Business are read, and how it is set up."""

from attrs import frozen

from offhook.api import DirectoryOptions, InvalidInput, Problem, check_host, described
from offhook_mivb.facts import FACTS


def _lowered(text: str) -> str:
    return text.strip().lower()


@frozen(kw_only=True)
class Options(DirectoryOptions):
    """The options of a connection; raises `InvalidInput` for some that do not go together."""

    mode: str = described(
        default="integrated",
        choices=("integrated", "collocated"),
        read=_lowered,
        help="integrated: users are made in Users and Services; collocated: in the client service.",
    )
    virtual_instance: bool = described(
        default=False,
        help="Whether it is a Solution Virtual Instance; that knows the integrated mode only.",
    )
    source: str = described(
        default="file",
        choices=("file", "ldap"),
        read=_lowered,
        help="Where users are read: an exported file, or a directory (Active Directory, LDAP).",
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
    pbx_name: str = described(
        default="",
        label="PBX name",
        help="Name or number of the PBX where the source names none; empty: the connection's name.",
    )
    facts: str = FACTS.option()

    def __attrs_post_init__(self) -> None:
        problems = []
        if self.virtual_instance and self.mode != "integrated":
            reason = "a Solution Virtual Instance knows the integrated mode only"
            problems.append(Problem("mode", self.mode, reason))
        needed = {"file": ("file",), "ldap": ("host", "base_dn")}[self.source]
        for name in needed:
            if not getattr(self, name):
                problems.append(Problem(name, "", f"missing; source={self.source} needs it"))
        if problems:
            raise InvalidInput("The options do not go together:", problems)
