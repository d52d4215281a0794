"""How a plan of a site is shown: to people section by section, to programs as one value."""

from collections.abc import Sequence
from typing import Any

import attrs

from offhook import console
from offhook.model.described import describe
from offhook.model.settings import Settings
from offhook.topology.flows import FIREWALL, Place, Rule
from offhook.topology.plans import Plan

_STAGES = {
    "install": "Set up",
    "certificates": "Certify",
    "names": "Names",
    "firewall": "Firewall",
    "cluster": "Cluster",
    "connect": "Connect",
    "deploy": "Deploy",
}


def show(plan: Plan) -> None:
    """Show a plan to people."""
    console.say(f"{plan.topology.label}. {plan.topology.about}")
    _section("Steps, in this order")
    rows = [(s.number, _STAGES[s.stage], s.system, s.text) for s in plan.steps]
    console.table(("No.", "Stage", "Where", "What"), rows)
    _section("Names: what they lead to")
    names = [(n.name, ", ".join(n.inside), ", ".join(n.outside), n.why) for n in plan.names]
    console.table(("Name", "Inside", "On the internet", "For"), names)
    _section("Certificates: the names in each (a wildcard may stand for them)")
    console.table(
        ("Machine", "Names"), [(each.system, ", ".join(each.names)) for each in plan.certificates]
    )
    _show_rules(plan)
    _section("Profile settings")
    for each in plan.profiles:
        fields = describe(Settings)
        settings = [(key, text, fields[key].help) for key, text in each.settings.items()]
        console.table(("Setting", "Value", "Meaning"), settings)
    if plan.remarks:
        _section("To think over")
    for remark in plan.remarks:
        console.say(f"- {remark}")
    _section("Where this departs from the vendor's guide")
    for departure in plan.topology.departures:
        console.say(f"- The guide: {departure.guide}\n  Here: {departure.here}")


def as_json(plan: Plan, rules: str) -> dict[str, Any]:
    """Return a plan for programs; *rules* is the text for nft."""
    return {
        "topology": plan.topology.name,
        "steps": plan.steps,
        "names": plan.names,
        "certificates": plan.certificates,
        "rules": [_flat(each) for each in plan.rules],
        "translations": plan.translations,
        "nftables": rules,
        "profiles": plan.profiles,
        "remarks": plan.remarks,
        "departures": plan.topology.departures,
    }


def _section(title: str) -> None:
    console.say(f"\n{title}")


def _show_rules(plan: Plan) -> None:
    _section("Allowed at the firewall (--nftables prints it for nft)")
    console.table(_RULE, [_row(each) for each in plan.rules if each.at == FIREWALL])
    others = [each for each in plan.rules if each.at != FIREWALL]
    if others:
        _section(f"Opened by themselves: {others[0].at}")
        console.table(_RULE, [_row(each) for each in others])
    if plan.translations:
        _section("Public addresses that the firewall leads inside, and back")
        rows = [(each.machine, each.outside, each.inside) for each in plan.translations]
        console.table(("Machine", "Public", "Inside"), rows)


_RULE = ("From", "To", "Ports", "For")


def _row(rule: Rule) -> Sequence[str]:
    why = f"{rule.why}; {rule.hint}" if rule.hint else rule.why
    return (_end(rule.source), _end(rule.target), f"{rule.protocol} {rule.ports}", why)


def _end(place: Place) -> str:
    return f"{place.label} ({', '.join(place.addresses)})" if place.addresses else place.label


def _flat(rule: Rule) -> dict[str, Any]:
    return {
        **attrs.asdict(rule, recurse=False),
        "source": _ends(rule.source),
        "target": _ends(rule.target),
    }


def _ends(place: Place) -> list[str]:
    return [*place.addresses, *place.hosts] or [place.label]
