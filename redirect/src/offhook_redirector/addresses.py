"""Which hosts may be tried from here: names, all of whose addresses are on the public internet."""

import ipaddress
import re

from attrs import frozen

from offhook.diagnostics import lookups
from offhook.model.probes import Outcome

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?=.{{3,253}}$){_LABEL}(\.{_LABEL})+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # such a last label makes an address of a name
_LOOPBACK = re.compile(rf"localhost|({_LABEL}\.)+localhost")
# Addresses that Python 3.11 takes for public, and that are not, or that clouds answer inside only.
_NOT_PUBLIC = [
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3", "168.63.129.16/32", "3fff::/20")
]
_ASSIGNED = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@frozen
class Lookup:
    """The addresses of a host; or none, and what stands in the way."""

    addresses: tuple[str, ...] = ()
    failure: Outcome | None = None


def check_name(host: str, *, allow_loopback: bool = False) -> None:
    """Refuse what is no full host name, addresses in any notation included: `ValueError`."""
    if allow_loopback and _LOOPBACK.fullmatch(host):
        return
    if not _NAME.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise ValueError(
            "use a full host name in lower case: no address, no port, no dot at its end"
        )


async def look_up(host: str, port: int, limit: float, *, allow_loopback: bool = False) -> Lookup:
    """
    Ask once for the addresses of *host*, for at most *limit* seconds.

    One that is not public spoils all: whoever makes such an answer means to lead us inside. Which
    one it is stays here: nobody is to learn what names mean inside.
    """
    try:
        addresses = await lookups.look_up(host, port, limit)
    except (OSError, UnicodeError) as error:
        found = await lookups.find_failure(host, error)
        outcome = Outcome(
            stage="dns", kind=found.kind, code=found.code, hop=found.hop, detail=found.detail
        )
        return Lookup(failure=outcome)
    if all(is_public(each) or (allow_loopback and _is_loopback(each)) for each in addresses):
        return Lookup(tuple(addresses))
    said = f"{host} has an address that is not on the public internet."
    return Lookup(failure=Outcome(stage="dns", kind="address", code="private", detail=said))


def is_public(text: str) -> bool:
    """Whether an address is on the public internet, and so is the one that it carries in itself."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return _is_plain_public(address)
    if address.scope_id:
        return False
    if carried := _carried(address):
        return _is_plain_public(carried)
    return address in _ASSIGNED and _is_plain_public(address)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address inside one of IPv6: mapped, 6to4 or NAT64."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_plain_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_reserved
        and not address.is_multicast
        and not any(address in each for each in _NOT_PUBLIC if each.version == address.version)
    )


def _is_loopback(text: str) -> bool:
    return ipaddress.ip_address(text).is_loopback
