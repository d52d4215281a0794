"""An lpconfig document: what stands in a phone's settings file, as the XML that Linphone reads."""

from urllib.parse import quote
from xml.sax.saxutils import escape

from offhook.api import at_host, not_xml

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">\n'
)
_USER_SAFE = "-_.!~*'()&=+$,;?/"  # RFC 3261, 25.1: unreserved and user-unreserved


class Lpconfig:
    """
    Sections of entries, in the order in which they are put.

    An entry with ``overwrite`` replaces what the phone has; one without is taken only where the
    phone has nothing yet. An empty value with ``overwrite`` takes the entry off the phone, without
    it does nothing and is left out.
    """

    def __init__(self) -> None:
        self._sections: dict[str, list[str]] = {}

    def put(self, section: str, key: str, value: str, *, overwrite: bool = True) -> None:
        """Add an entry; *value* is one that `objection` has nothing against."""
        if value or overwrite:
            self.add(section, line(key, value, overwrite=overwrite))

    def add(self, section: str, text: str) -> None:
        """Add what `line` returned."""
        self._sections.setdefault(section, []).append(text)

    def __bytes__(self) -> bytes:
        sections = (
            f'  <section name="{name}">\n{"".join(entries)}  </section>\n'
            for name, entries in self._sections.items()
        )
        return f"{_HEAD}{''.join(sections)}</config>\n".encode()


def line(key: str, value: str, *, overwrite: bool) -> str:
    """Return an entry as text."""
    flag = ' overwrite="true"' if overwrite else ""
    return f'    <entry name="{key}"{flag}>{escape(value)}</entry>\n'


def objection(value: str) -> str:
    """Return why *value* cannot stand in an lpconfig, or an empty text."""
    if "\n" in value or "\r" in value:
        return "holds a line break: the rest would be read as settings of its own"
    return not_xml(value)


def sip_address(user: str, host: str) -> str:
    """Return the SIP address of *user* at *host*: ``sip:2001@pbx.example.org``."""
    return f"sip:{quote(user, safe=_USER_SAFE)}@{at_host(host)}"


def server_address(host: str, port: int, transport: str) -> str:
    """
    Return where to register: ``<sip:pbx.example.org:5061;transport=tls>``.

    Without a port (0) Linphone looks up host and port by DNS SRV.
    """
    return f"<sip:{at_host(host, port)};transport={transport}>"


def named_address(name: str, address: str) -> str:
    """
    Return *address* with a display name: ``"Ana Ruiz" <sip:2001@pbx.example.org>``.

    A backslash becomes a slash: Linphone escapes quotes in the name that it sends to the PBX, but
    not a backslash, and with one at the end no PBX can read its REGISTER.
    """
    if not name:
        return f"<{address}>"
    quoted = name.replace("\\", "/").replace('"', '\\"')
    return f'"{quoted}" <{address}>'
