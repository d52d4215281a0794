"""What a configuration document becomes for Zoiper: the three elements of each account."""

from collections.abc import Callable, Iterator, Mapping
from xml.sax.saxutils import escape

from offhook.api import ConfigDocument, Credentials, Losses, Lost, at_both_sides, not_xml

ACCOUNT: Mapping[str, Callable[[Credentials], str]] = {
    "username": lambda login: login.username,
    "password": lambda login: login.password.reveal(),
    "authentication_username": lambda login: login.username,
}
_IN_THE_BUILD = "Zoiper is not told: set the same in the vendor's OEM portal, it is in the build"
LOSSES = Losses(
    client="Zoiper",
    always=at_both_sides(
        dict.fromkeys(("pbx_host", "sip_transport", "sip_port", "srtp_mode"), _IN_THE_BUILD)
    ),
    where_set=at_both_sides(dict.fromkeys(("pbx_srv", "dtmf", "ca_type"), _IN_THE_BUILD)),
)


def options_xml(document: ConfigDocument) -> bytes:
    """Return the accounts; the other options of a build stay as they are."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<options>",
        "  <accounts>",
        *(line for account in document.accounts for line in _lines(account.credentials)),
        "  </accounts>",
        "</options>",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def find_losses(document: ConfigDocument) -> tuple[Lost, ...]:
    """Return what gets lost, one line for each setting."""
    return LOSSES.of(document)


def objection(value: str) -> str:
    """Return why *value* cannot stand in the options, or an empty text."""
    if "\n" in value or "\r" in value:
        return "holds a line break, which XML does not keep as it is"
    return not_xml(value)


def _lines(login: Credentials) -> Iterator[str]:
    yield "    <account>"
    for name, text in ACCOUNT.items():
        yield f"      <{name}>{escape(text(login))}</{name}>"
    yield "    </account>"
