"""What an administrator says of a site: machines, names and addresses, each described once."""

import ipaddress
from functools import partial
from typing import Any

from attrs import Factory, frozen

from offhook.model.described import described
from offhook.model.rules import LONGEST, between, check_name
from offhook.model.settings.words import TRANSPORTS, choices

# RFC 5737 and RFC 3849: for examples only, so that an example of a site can be printed as a plan.
DOCUMENTATION = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"),
    )
)


def is_example(address: str) -> bool:
    """Whether *address* is one of those that are kept for examples."""
    found = ipaddress.ip_address(address)
    return any(found in network for network in DOCUMENTATION)


def is_public(address: str) -> bool:
    """Whether *address* is one that the internet has a way to."""
    return ipaddress.ip_address(address).is_global


def _read_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise ValueError("use an IP address, such as 10.1.0.10") from None


def _read_addresses(text: str) -> tuple[str, ...]:
    return tuple(_read_address(part) for part in text.split(",") if part.strip())


def _read_networks(text: str) -> tuple[str, ...]:
    try:
        found = [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",")]
    except ValueError:
        raise ValueError("use networks, such as 10.1.0.0/16") from None
    return tuple(map(str, found))


def _read_name(text: str) -> str:
    name = text.strip().rstrip(".").lower()
    check_name(name)
    if ":" in name or "." not in name:
        raise ValueError("use the whole name, such as phones.example.org")
    return name


def _read_names(text: str) -> tuple[str, ...]:
    return tuple(_read_name(part) for part in text.split(",") if part.strip())


def _read_range(text: str) -> str:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 0 < int(first) < int(last) < 2**16):
        raise ValueError("use two ports, such as 20000-31000")
    return f"{int(first)}-{int(last)}"


def _check_word(value: str) -> None:
    if not value.isprintable() or len(value) > LONGEST:
        raise ValueError("use one short line")


_name = partial(described, read=_read_name)
_address = partial(described, read=_read_address)
_as_it_is = partial(described, default="", check=_check_word)


@frozen(kw_only=True)
class Node:
    """
    A machine with an MBG on it: the server itself, or a border gateway.

    ``mode``, ``version`` and ``weight`` are what its own pages show, empty where nobody looked.
    """

    name: str = _name(help="Its name in DNS.")
    inside: str = _address(help="The address of its Local adapter.")
    outside: str = _address(
        default="", help="The public address under which the internet reaches it."
    )
    mode: str = _as_it_is(help="Its network mode, as its own page shows it; compared if given.")
    version: str = _as_it_is(help="The version of its MBG; compared if given.")
    weight: int = described(
        default=0, check=between(0, 1000), help="Its weight in the cluster; compared if given."
    )


@frozen(kw_only=True)
class Deployment:
    """The machine that offhook runs on."""

    name: str = _name(help="What clients download from: the host of public_url.")
    inside: str = _address(help="Its address on the LAN.")
    outside: str = _address(
        default="",
        help="A public address of its own; without one, downloads pass through the MBGs.",
    )
    port: int = described(
        default=443, check=between(1, 65535), help="The port of downloads_listen."
    )


@frozen(kw_only=True)
class Sip:
    """How phones outside register."""

    transport: str = described(
        default="tls", help="As the MBGs' SIP support and the profiles say.", **choices(TRANSPORTS)
    )
    shared_name: str = _name(default="", help="One name for several MBGs, if there is one.")
    srv: bool = described(default=False, help="shared_name is looked up by DNS SRV.")
    rtp: str = described(
        default="20000-31000", read=_read_range, help="The MBGs' ports for audio and video."
    )


@frozen(kw_only=True)
class Cluster:
    """The two zones of the cluster, each the other's backup."""

    inner: str = described(default="LAN", check=_check_word, help="The zone of the server.")
    outer: str = described(
        default="", check=_check_word, help="The zone of the MBGs; empty: DMZ or Edge."
    )


@frozen(kw_only=True)
class Network:
    """What is around the machines."""

    lan: tuple[str, ...] = described(read=_read_networks, help="The networks inside.")
    pbx: tuple[str, ...] = described(read=_read_addresses, help="The addresses of the PBXs.")
    dns: tuple[str, ...] = described(
        default=(), read=_read_addresses, help="The name servers that the MBGs ask."
    )
    redirect: tuple[str, ...] = described(
        default=(),
        read=_read_names,
        help="Redirect and diagnostics services; those that offhook is connected to are added.",
    )


@frozen(kw_only=True)
class Site:
    """A site as its file describes it; ``mbgs`` is empty where the server is its own gateway."""

    server: Node
    offhook: Deployment
    mbgs: tuple[Node, ...] = ()
    sip: Sip = Factory(Sip)
    cluster: Cluster = Factory(Cluster)
    network: Network

    @property
    def machines(self) -> "tuple[Node | Deployment, ...]":
        """Every machine of the site."""
        return (self.server, self.offhook, *self.mbgs)

    @property
    def gateways(self) -> tuple[Node, ...]:
        """The machines at which phones outside register."""
        return self.mbgs or (self.server,)

    @property
    def proxied(self) -> bool:
        """Whether downloads pass through the MBGs."""
        return not self.offhook.outside

    @property
    def outer_hosts(self) -> tuple[str, ...]:
        """The names under which phones register: one for all, or each gateway's own."""
        return (self.sip.shared_name,) if self.sip.shared_name else self.own_names

    @property
    def own_names(self) -> tuple[str, ...]:
        """The gateways' own names."""
        return tuple(each.name for each in self.gateways)


TABLES: dict[str, Any] = {
    "server": Node,
    "offhook": Deployment,
    "mbg": Node,
    "sip": Sip,
    "cluster": Cluster,
    "network": Network,
}
