"""Where a border gateway is, how we sign what we say to it, and which of its users are meant."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from attrs import frozen

from offhook.api import InvalidInput, Problem, Secret, between, check_host, described
from offhook_mbg.facts import FACTS

# Facts of which not any text can be made use: which names, whether one is right, and the reason.
_RULES: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("http.port", lambda text: 0 < _number(text) < 2**16, "use a number from 1 to 65535"),
    ("query.first", lambda text: _number(text) >= 0, "use a whole number"),
    ("path.*", lambda text: text.startswith("/"), "use a path that begins with /"),
    ("path.sip_user", lambda text: "{id}" in text, "say with {id} where the number goes"),
)
METHODS = ("HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT")


@frozen(kw_only=True)
class Options:
    """The options of a connection; raises `InvalidInput` for some that do not go together."""

    host: str = described(
        check=check_host,
        identifies=True,
        help="The border gateway; its certificate must be made for this name.",
    )
    port: int = described(default=0, check=between(0, 65535), help="Its port; 0 is the usual one.")
    ca_file: str = described(
        path=True,
        default="",
        label="CA file",
        help="PEM file with the authority behind the server's certificate; empty: the system's.",
    )
    consumer_id: str = described(
        label="Consumer ID", help="The consumer that was made for offhook there, in Web services."
    )
    consumer_secret: Secret = described(default=Secret(""), help="Its secret; RSA-SHA1 needs none.")
    signature_method: str = described(
        default="HMAC-SHA1",
        choices=METHODS,
        read=lambda text: text.strip().upper(),
        help="How requests are signed.",
    )
    private_key: str = described(
        path=True, default="", help="With RSA-SHA1: PEM file with the consumer's private key."
    )
    sip_host: str = described(
        default="",
        label="SIP host",
        check=check_host,
        help="Where clients register; empty: the host of the connection.",
    )
    icp: str = described(
        default="",
        label="ICP",
        check=check_host,
        help="IP address of the PBX behind it, as it is configured there; empty: any.",
    )
    remote: bool = described(
        default=False,
        help="Neither the local gateway nor in its cluster: numbers with # cannot come from it.",
    )
    page_size: int = described(
        default=500, check=between(1, 1000), help="How many SIP users are asked for at once."
    )
    timeout: int = described(
        default=8, unit="s", check=between(1, 9), help="How long an answer may take."
    )
    facts: str = FACTS.option()

    def __attrs_post_init__(self) -> None:
        problems = [
            Problem(name, "", "missing")
            for name in ("host", "consumer_id")
            if not getattr(self, name)
        ]
        if self.signature_method == "RSA-SHA1":
            needed, value = "private_key", self.private_key
        else:
            needed, value = "consumer_secret", self.consumer_secret.reveal()
        if not value:
            problems.append(Problem(needed, "", f"missing; {self.signature_method} needs it"))
        problems += [
            Problem("facts", f"{name}={values[0]}", reason)
            for name, values in FACTS.taken(self.facts).items()
            for meant, is_right, reason in _RULES
            if fnmatchcase(name, meant) and not is_right(values[0])
        ]
        if problems:
            raise InvalidInput("The options do not go together:", problems)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else -1
