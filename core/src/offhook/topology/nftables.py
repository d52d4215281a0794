"""The firewall's rules as text for nft."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence

from offhook.topology.flows import FIREWALL, Place, Rule, Translation

Lookup = Callable[[str], Sequence[str]]
_HEAD = """\
# Rules of the firewall, as chains that do nothing by themselves. Look through them, load them with
# nft -f FILE, and jump to them from the chains that you have:
#   in the one of "type filter hook forward":          jump offhook
#   in the one of "type nat hook prerouting":          jump offhook_in
#   in the one of "type nat hook postrouting":         jump offhook_out
# They stand in the table inet filter: put the name of yours in its place.
# Hosts with changing addresses were looked up when this was printed: do that again now and then."""
_CHAINS = ("offhook", "offhook_in", "offhook_out")
_LONGEST = 128  # characters that nft keeps of a comment
_FAMILIES = {4: "ip", 6: "ip6"}


def write(
    rules: Sequence[Rule],
    translations: Sequence[Translation],
    inner: Sequence[str],
    find: Lookup,
) -> str:
    """
    Return *rules* for ``nft -f``; *find* looks up hosts, and may find nothing.

    What goes to *inner* networks keeps its address.
    """
    lines = [_HEAD, "add table inet filter"]
    for chain in _CHAINS:
        lines += [f"add chain inet filter {chain}", f"flush chain inet filter {chain}"]
    lines += ["table inet filter {", "  chain offhook {", "    ct state established,related accept"]
    for rule in rules:
        lines += [f"    {line}" for line in _allow(rule, find)]
    lines += ["  }", "  chain offhook_in {"]
    lines += [f"    {_lead_in(each)}" for each in translations]
    lines += ["  }", "  chain offhook_out {"]
    lines += [f"    {_lead_out(each, inner)}" for each in translations]
    return "\n".join([*lines, "  }", "}"])


def _allow(rule: Rule, find: Lookup) -> Iterator[str]:
    what = f"{rule.protocol} dport {rule.ports}"
    if rule.at != FIREWALL:
        yield f"# {rule.at} allows by itself: {what} from {rule.source.label}, {rule.why}"
        return
    unknown = [each for place in (rule.source, rule.target) for each in _unknown(place, find)]
    for host in unknown:
        yield f"# {host} cannot be looked up here: allow it by hand: {what}, {rule.why}"
    for version, family in _FAMILIES.items():
        source, target = (_addresses(each, version, find) for each in (rule.source, rule.target))
        if source is None or target is None or (not source and not target):
            continue
        ends = [
            f"{family} {end} {{ {', '.join(each)} }}"
            for end, each in (("saddr", source), ("daddr", target))
            if each
        ]
        yield f"{' '.join(ends)} {what} accept {_comment(rule.why)}"


def _addresses(place: Place, version: int, find: Lookup) -> list[str] | None:
    """Return the addresses of a *version*: none in it means any, None that there is no such."""
    known = [*place.addresses, *(each for host in place.hosts for each in find(host))]
    return _of_version(known, version) or (None if known or place.hosts else [])


def _of_version(addresses: Sequence[str], version: int) -> list[str]:
    """Return the networks of a *version*, none within another: nft wants no overlaps."""
    networks = [ipaddress.ip_network(each) for each in addresses]
    if version == 4:
        v4 = [each for each in networks if isinstance(each, ipaddress.IPv4Network)]
        return [_shown(each) for each in ipaddress.collapse_addresses(v4)]
    v6 = [each for each in networks if isinstance(each, ipaddress.IPv6Network)]
    return [_shown(each) for each in ipaddress.collapse_addresses(v6)]


def _shown(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _unknown(place: Place, find: Lookup) -> list[str]:
    return [host for host in place.hosts if not find(host)]


def _lead_in(each: Translation) -> str:
    version = ipaddress.ip_address(each.outside).version
    family = _FAMILIES[version]
    if version != ipaddress.ip_address(each.inside).version:
        return f"# {each.machine}: {each.outside} cannot be translated to {each.inside} here"
    way = f"{family} daddr {each.outside} dnat {family} to {each.inside}"
    return f"{way} {_comment(each.machine)}"


def _lead_out(each: Translation, inner: Sequence[str]) -> str:
    version = ipaddress.ip_address(each.inside).version
    family = _FAMILIES[version]
    if version != ipaddress.ip_address(each.outside).version:
        return f"# {each.machine}: {each.inside} cannot be translated to {each.outside} here"
    beyond = f"{family} daddr != {{ {', '.join(_of_version(inner, version))} }}"
    way = f"{family} saddr {each.inside} {beyond} snat {family} to {each.outside}"
    return f"{way} {_comment(each.machine)}"


def _comment(text: str) -> str:
    return f'comment "{text[:_LONGEST]}"'
