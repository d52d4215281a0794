"""Looks at the gateways of a cluster: versions, zones, weights."""

from collections.abc import Iterator, Sequence
from typing import Any

from offhook.api import Finding
from offhook_mbg.client import Item
from offhook_mbg.findings import tell
from offhook_mbg.refusals import Names

_WEIGHT = 100


def examine_nodes(nodes: Sequence[Item], names: Names) -> Iterator[Finding]:
    """Yield what is not as it must be: one version, zones inside and outside, the full weight."""
    if not nodes:
        return
    keys = ("name", "address", "version", "zone", "weight")
    read = [{key: each.get(names[f"node.{key}"][0]) for key in keys} for each in nodes]
    complaints = [*_versions(read), *_zones(read), *_weights(read)]
    yield from complaints
    if not complaints:
        known = _listed(read, "version")
        yield tell(
            "ok", "cluster", f"{len(nodes)} gateways; zones and weights are right ({known})."
        )
    if len(nodes) > 1:
        yield tell(
            "note",
            "cluster-shared",
            f"Its gateways have the same SIP users: {_listed(read, 'address')}.",
            "One connection serves all of them, best the local one; others are needless.",
            "Profiles of phones outside name the outer gateway: gateway_host.",
        )


def _versions(nodes: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    if len({each["version"] for each in nodes}) > 1:
        yield tell(
            "warning",
            "cluster-versions",
            f"The gateways of the cluster have several versions: {_listed(nodes, 'version')}.",
            "Data may not get from one to the other.",
            "Bring all of them to the same version.",
        )


def _zones(nodes: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    zones = [each["zone"] for each in nodes if each["zone"]]
    if len(zones) > 1 and len(set(zones)) == 1:
        yield tell(
            "warning",
            "cluster-zones",
            f"All gateways are in one zone: {_listed(nodes, 'zone')}.",
            "Softphones are moved between them, which SIP devices do not follow.",
            "Give those outside a zone of their own; each zone is the other's backup.",
        )


def _weights(nodes: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    if any(str(each["weight"]) != str(_WEIGHT) for each in nodes if each["weight"] is not None):
        yield tell(
            "warning",
            "cluster-weights",
            f"Not all gateways have the weight {_WEIGHT}: {_listed(nodes, 'weight')}.",
            "Some take fewer clients than they should, or none.",
            f"Set the weight of each to {_WEIGHT}.",
        )


def _listed(nodes: Sequence[dict[str, Any]], key: str) -> str:
    return ", ".join(f"{each['name']} {each[key]}" for each in nodes)
