"""What is to be known beside a failure: addresses that differ, that are dead, or of IPv6 only."""

import os
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address

from offhook.diagnostics.messages import Message
from offhook.model.findings import Finding, Level
from offhook.model.probes import Outcome

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_NO_IPV6 = ("ENETUNREACH", "EADDRNOTAVAIL")

PROXY = Message(
    code="proxy-variable",
    summary="The environment of this process names a proxy ({names}).",
    meaning="offhook reaches redirect services and what it tries without any proxy: it has to see "
    "their own certificates. Other programs that are started from here may use it.",
    action="Let this server reach the internet directly, on port 443; take the variables away.",
)
NO_PROXY = Message(
    code="no-proxy-variable",
    summary="The environment of this process names no proxy.",
    meaning="",
    action="",
)
DIFFERENT = Message(
    code="dns-differs",
    summary="{host} is {inside} from here and {outside} from outside.",
    meaning="DNS answers differently inside (split DNS). Phones in this network get the inner "
    "address, and have to find the same behind it, with the same certificate.",
    action="Try from a phone's network, too. What is shown here: offhook certs check {host}",
)
INNER = Message(
    code="dns-inner-address",
    summary="{host} is {inside} from here, which is no address of the internet.",
    meaning="That is what phones in this network get; those outside need a public one.",
    action="Ask a public DNS server for {host}, too.",
)
IPV6_ONLY = Message(
    code="ipv6-only-name",
    summary="{host} has addresses of IPv6 only: {inside}.",
    meaning="Clients in networks without IPv6 do not get there, many mobile ones among them.",
    action="Give the name an address of IPv4, too (an A record).",
)
DEAD = Message(
    code="address-dead",
    summary="{host} has an address that does not work: {dead}.",
    meaning="Clients that try it first wait, or give up.",
    action="Take the address out of DNS, or let it answer.",
)
SPEECH = Message(
    code="speech-not-tried",
    summary="Speech (RTP over UDP) is not tried by these tests.",
    meaning="Calls that ring and stay silent are a matter of its ports.",
    action="Open the gateway's whole range of UDP ports for RTP to and from the internet, and to "
    "and from the PBX and its phones; see the range in the gateway's settings.",
)
MESSAGES = (PROXY, NO_PROXY, DIFFERENT, INNER, IPV6_ONLY, DEAD, SPEECH)


def told(level: Level, message: Message, **words: str) -> Finding:
    """Return a finding that says *message* with these *words*."""
    return Finding(
        level=level,
        code=message.code,
        summary=message.summary.format_map(words),
        meaning=message.meaning.format_map(words),
        action=message.action.format_map(words),
    )


def of_environment(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield whether a proxy is named; its address may hold a password and is not shown."""
    names = sorted(each for each in environ if each.lower() in _PROXIES and environ[each])
    if names:
        yield told("warning", PROXY, names=", ".join(names))
    else:
        yield told("ok", NO_PROXY)


def of_addresses(
    host: str, inside: Sequence[str], outcome: Outcome, *, from_outside: bool
) -> Iterator[Finding]:
    """Yield what the addresses of *host* here, and those that were tried, are worth knowing for."""
    dead = [each for each in outcome.others if not each.endswith(_NO_IPV6)]
    if dead:
        yield told("warning", DEAD, host=host, dead=", ".join(dead))
    if not inside:
        return
    shown = ", ".join(inside)
    if all(":" in each for each in inside):
        yield told("warning", IPV6_ONLY, host=host, inside=shown)
    outside = _address_in(outcome.hop) if from_outside else ""
    if outside and outside not in inside:
        yield told("note", DIFFERENT, host=host, inside=shown, outside=outside)
    elif not outside and not any(ip_address(each).is_global for each in inside):
        yield told("note", INNER, host=host, inside=shown)


def _address_in(hop: str) -> str:
    """Return the address of a hop that is an address with a port; nothing for another one."""
    address = hop.rpartition(":")[0].strip("[]")
    try:
        return str(ip_address(address))
    except ValueError:
        return ""
