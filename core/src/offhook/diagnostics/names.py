"""Looks up the host names of a profile from here, and says what clients will find."""

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from attrs import frozen

from offhook.errors import Unreachable
from offhook.model.findings import Finding
from offhook.model.rules import is_address

# RFC 3263, section 4.1: the service for each SIP transport.
_SERVICES = {"tls": "_sips._tcp", "tcp": "_sip._tcp", "udp": "_sip._udp"}
_PATIENCE = 5.0  # seconds that DNS servers get
_UNUSABLE = "Clients find no gateway under it: none registers."


@frozen(kw_only=True)
class Target:
    """One answer of DNS SRV (RFC 2782); a client tries the lowest ``priority`` first."""

    priority: int
    weight: int
    port: int
    host: str


Lookup = Callable[[str], Sequence[str]]
ServiceLookup = Callable[[str], Sequence[Target]]


def look_up(host: str) -> list[str]:
    """Return the addresses of *host* as this machine finds them; none where it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(address[0]) for *_, address in found})


def look_up_service(name: str, resolver: Any = None) -> list[Target]:
    """
    Return what DNS SRV says of *name*, as a client would try it; *resolver* is dnspython's.

    Raises `Unreachable` where DNS servers do not answer, or cannot tell.
    """
    dns = import_module("dns.resolver")  # only this command asks DNS itself
    try:
        asked = resolver or dns.Resolver()
        answer = asked.resolve(name, "SRV", lifetime=_PATIENCE)
    except (dns.NXDOMAIN, dns.NoAnswer):
        return []
    except import_module("dns.exception").DNSException as error:
        raise Unreachable(f"DNS does not say whether there is {name}: {error}") from error
    targets = [
        Target(
            priority=each.priority,
            weight=each.weight,
            port=each.port,
            host=str(each.target).rstrip("."),
        )
        for each in answer
    ]
    return sorted(targets, key=lambda target: (target.priority, -target.weight, target.host))


def examine_host(code: str, label: str, host: str, find: Lookup = look_up) -> Iterator[Finding]:
    """Yield what *host* resolves to from here, and whether a client outside could reach that."""
    addresses = [host] if is_address(host) else find(host)
    if not addresses:
        yield Finding(
            level="failure",
            code=code,
            summary=f"{label} {host} cannot be resolved from here.",
            meaning=_UNUSABLE,
            action="Correct the name, or have it entered in DNS; outside it may be known already.",
        )
        return
    shown = ", ".join(addresses)
    inside = [each for each in addresses if not ipaddress.ip_address(each).is_global]
    if inside:
        yield Finding(
            level="warning",
            code=code,
            summary=f"{label} {host} is {shown} from here: {', '.join(inside)} is not public.",
            meaning="Phones outside cannot reach it, unless DNS answers otherwise there.",
            action="Use a name that has the gateway's public address, inside, too.",
        )
        return
    yield Finding(level="ok", code=code, summary=f"{label} {host} is {shown}.")


def compare_hosts(
    code: str, label: str, host: str, gateway: str, find: Lookup = look_up
) -> Iterator[Finding]:
    """Yield a warning where *host* leads to another machine than the name of its *gateway*."""
    here, there = find(host), find(gateway)
    if here and there and not set(here) & set(there):
        yield Finding(
            level="warning",
            code=code,
            summary=f"{label} {host} is {', '.join(here)} from here, its gateway {gateway} is "
            f"{', '.join(there)}.",
            meaning="Credentials come from one and clients register at the other.",
            action="That is right only where both are in one cluster.",
        )


def examine_service(
    code: str,
    label: str,
    name: str,
    transport: str,
    find: Lookup = look_up,
    find_service: ServiceLookup = look_up_service,
) -> Iterator[Finding]:
    """Yield the targets that DNS SRV has for *name* with a SIP *transport*, and their addresses."""
    query = f"{_SERVICES[transport]}.{name}"
    try:
        targets = find_service(query)
    except Unreachable as error:
        yield Finding(
            level="warning",
            code=code,
            summary=str(error),
            meaning="Clients may find something all the same, if they ask other DNS servers.",
            action="Check this machine's DNS servers, then run this again.",
        )
        return
    if not targets:
        yield Finding(
            level="failure",
            code=code,
            summary=f"DNS SRV has nothing for {query}.",
            meaning=_UNUSABLE,
            action="Have the SRV record made, or name a host and switch gateway_srv off.",
        )
    for each in targets:
        order = f"priority {each.priority}, weight {each.weight}"
        yield Finding(level="ok", code=code, summary=f"{query}: {each.host}:{each.port} ({order}).")
        yield from examine_host(code, f"{label}: target", each.host, find)
