"""Whether a site does what its set-up asks: what can be told from here, and what cannot."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from offhook.errors import Unreachable
from offhook.model.findings import Finding, Level
from offhook.model.probes import Outcome
from offhook.topology.attempts import Attempt, attempts
from offhook.topology.findings import say
from offhook.topology.outcomes import tell
from offhook.topology.plans import Name, Plan, words
from offhook.topology.sites import Node, is_example, is_public

Lookup = Callable[[str], Sequence[str]]
Prober = Callable[[Sequence[Attempt]], Sequence[Outcome]]
WEIGHT = 100


def examine(
    plan: Plan, *, outside: bool, find: Lookup, find_service: Lookup, prober: Prober, ca: str = ""
) -> list[Finding]:
    """
    Return what is right and wrong at the site of *plan*, seen from inside, or from *outside*.

    *find* returns the addresses of a name, *find_service* the targets of a DNS SRV name as
    HOST:PORT; *prober* tries servers. *ca* is PEM text of authorities to trust instead of this
    machine's.

    What cannot be told comes last.
    """
    found = [
        _examine_name(name, outside, find_service if name.srv else find) for name in plan.names
    ]
    found += _examine_addresses(plan)
    found += _examine_machines(plan)
    found += [say("warning", "remark", each) for each in plan.remarks]
    wanted = attempts(plan, outside=outside, ca=ca)
    found += map(tell, wanted, prober(wanted))
    found += _list_unseen(plan)
    return sorted(found, key=lambda finding: finding.level == "note")


def _examine_name(name: Name, outside: bool, find: Lookup) -> Finding:
    wanted = name.outside if outside else name.inside
    try:
        found = find(name.name)
    except Unreachable as error:
        return say("warning", "names", str(error), "Check this machine's name servers.")
    here = "from here" if found else "cannot be resolved from here"
    planned = f"it is to be {', '.join(wanted)} {'outside' if outside else 'inside'}"
    if not found:
        return say("failure", "names", f"{name.name} {here}: {planned}.", "Enter it in DNS.")
    shown = f"{name.name} is {', '.join(found)} {here}"
    if set(found) == set(wanted):
        return say("ok", "names", f"{shown}: {name.why}.")
    level: Level = "warning" if set(found) & set(wanted) else "failure"
    return say(level, "names", f"{shown}: {planned}.", "Correct it in DNS.")


def _examine_addresses(plan: Plan) -> Iterator[Finding]:
    for each in plan.site.machines:
        if each.outside and is_example(each.outside):
            yield say(
                "failure",
                "addresses",
                f"{each.name}: {each.outside} is an address for examples.",
                "Put the one that your provider gave you into the site file.",
            )
        elif each.outside:
            yield say("ok", "addresses", f"{each.name}: {each.outside} is public.")
        if is_public(each.inside):
            yield say(
                "warning",
                "addresses",
                f"{each.name}: {each.inside} is public, though it is inside.",
                "Correct the site file, or make sure that a firewall keeps the internet away.",
            )


def _examine_machines(plan: Plan) -> Iterator[Finding]:
    """Yield whether the modes, weights and versions that were noted are right, and which lack."""
    site, topology = plan.site, plan.topology
    for node, mode in [
        (site.server, topology.server_mode),
        *((each, topology.gateway_mode) for each in site.mbgs),
    ]:
        yield _examine_noted(node, "network mode", node.mode, mode)
        if topology.clustered:
            weight = str(node.weight) if node.weight else ""
            yield _examine_noted(node, "weight", weight, str(WEIGHT))
    if topology.clustered:
        yield _examine_versions((site.server, *site.mbgs))


def _examine_noted(node: Node, what: str, noted: str, wanted: str) -> Finding:
    if not noted:
        return _unseen(node.name, f"Its {what} is to be {wanted}.")
    if noted.casefold() != wanted.casefold():
        said = f"{node.name}: its {what} is {noted}, it is to be {wanted}."
        return say("failure", "machines", said, "Change it there, and in the site file.")
    return say("ok", "machines", f"{node.name}: its {what} is {noted}, as noted.")


def _examine_versions(nodes: Sequence[Node]) -> Finding:
    noted = {each.name: each.version for each in nodes if each.version}
    shown = ", ".join(f"{name} {version}" for name, version in noted.items())
    if len(set(noted.values())) > 1:
        said = f"The MBGs differ in their version: {shown}."
        return say("failure", "machines", said, "Bring all to the same version.")
    if len(noted) < len(nodes):
        return _unseen(", ".join(each.name for each in nodes), "All have the same MBG version.")
    return say("ok", "machines", f"The MBGs have one version: {shown}.")


def _list_unseen(plan: Plan) -> Iterable[Finding]:
    gaps = words(plan.topology, plan.site, plan.services)
    for each in plan.topology.unseen:
        if plan.services or "{services}" not in each.text:
            yield _unseen(each.place.format(**gaps), each.text.format(**gaps))


def _unseen(place: str, text: str) -> Finding:
    return say("note", "unseen", f"{place}: not checked from here.", text)
