"""What can be told of a site from here is told, and what cannot is listed."""

import pytest

from offhook.errors import Unreachable
from offhook.model.probes import Outcome
from offhook.topology import checks
from offhook.topology.topologies import TOPOLOGIES

PUBLIC = [
    {"name": f"mbg{n}.example.org", "inside": f"10.2.0.1{n}", "outside": f"9.9.9.1{n}"}
    for n in (1, 2)
]
NOTED = {"mode": "server-only on network dmz", "version": "11.6", "weight": 100}


@pytest.fixture
def plan(make_plan):
    """A site with public addresses whose machines have been looked at."""
    server = {"mode": "Server-only on LAN", "version": "11.6", "weight": 100}
    return make_plan("lan-dmz", server=server, mbg=[{**each, **NOTED} for each in PUBLIC])


def examine(plan, *, outside=False, find=None, outcome=None):
    """Check a site whose names and servers are right, except for what is given."""

    def right(name):
        (found,) = (each for each in plan.names if each.name == name)
        return found.outside if outside else found.inside

    asked = []

    def prober(wanted):
        asked.extend(wanted)
        ok = Outcome(stage="http", kind="ok")
        return [(outcome and outcome(each)) or ok for each in wanted]

    found = checks.examine(
        plan, outside=outside, find=find or right, find_service=right, prober=prober
    )
    return found, asked


def failures(found):
    return [each for each in found if each.level in ("failure", "warning")]


def test_a_right_site_has_nothing_but_what_cannot_be_seen(plan):
    found, _ = examine(plan)

    assert failures(found) == []
    unseen = [each.action for each in found if each.code == "topology-unseen"]
    assert any("zone LAN, whose backup zone is DMZ" in each for each in unseen)
    assert any("Client connector enabled" in each for each in unseen)
    assert any("geofencing" in each for each in unseen)
    assert not any("network mode" in each for each in unseen)
    assert [each.code for each in found][-len(unseen) :] == ["topology-unseen"] * len(unseen)


def test_what_nobody_has_noted_is_listed_with_what_it_is_to_be(make_plan):
    found, _ = examine(make_plan("lan-dmz"))

    unseen = {each.action for each in found if each.code == "topology-unseen"}
    assert "Its network mode is to be Server-only on network DMZ." in unseen
    assert "Its weight is to be 100." in unseen
    assert "All have the same MBG version." in unseen


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ({"mode": "Server-only on DMZ"}, "its network mode is Server-only on DMZ, it is to be"),
        ({"weight": 50}, "its weight is 50, it is to be 100"),
        ({"version": "11.5"}, "The MBGs differ in their version"),
    ],
)
def test_a_machine_that_is_not_as_it_should_be_is_a_failure(make_plan, noted, said):
    first, second = ({**each, **NOTED} for each in PUBLIC)
    plan = make_plan("lan-dmz", mbg=[first, {**second, **noted}])

    (failure,) = failures(examine(plan)[0])
    assert said in failure.summary


def test_a_name_that_leads_elsewhere_or_nowhere_is_a_failure_with_where_it_should_lead(plan):
    wrong = {"phones.example.org": ["9.9.9.11"], "sip.example.org": ["9.9.9.11"]}
    found, _ = examine(plan, find=lambda name: wrong.get(name, []))

    said = {each.summary: each.level for each in failures(found)}
    assert (
        said["phones.example.org is 9.9.9.11 from here: it is to be 10.1.0.20 inside."] == "failure"
    )
    assert (
        said["sip.example.org is 9.9.9.11 from here: it is to be 9.9.9.11, 9.9.9.12 inside."]
        == "warning"
    )
    assert (
        said["micollab.example.org cannot be resolved from here: it is to be 10.1.0.10 inside."]
        == "failure"
    )


def test_dns_that_cannot_tell_is_a_warning(make_plan):
    def away(name):
        raise Unreachable("DNS does not say.")

    found, _ = examine(make_plan("lan-dmz", mbg=PUBLIC), find=away)

    assert {each.level for each in failures(found)} == {"warning"}


def test_addresses_for_examples_are_failures_and_public_ones_inside_are_warned_about(make_plan):
    plan = make_plan("edge", server={"inside": "8.8.4.4"}, offhook={"outside": "9.9.9.20"})

    said = {each.summary: each.level for each in failures(examine(plan)[0])}
    assert said == {
        "micollab.example.org: 203.0.113.10 is an address for examples.": "failure",
        "micollab.example.org: 8.8.4.4 is public, though it is inside.": "warning",
    }


def tried(asked):
    return {(each.probe.scheme, each.probe.host, each.address, each.probe.port) for each in asked}


def test_every_name_of_a_certificate_is_tried_at_every_gateway(plan):
    asked = tried(examine(plan)[1])

    for address, own in (("9.9.9.11", "mbg1.example.org"), ("9.9.9.12", "mbg2.example.org")):
        assert {
            ("tls", own, address, 443),
            ("tls", own, address, 5061),
            ("tls", "sip.example.org", address, 5061),
            ("https", "phones.example.org", address, 443),
            ("wss", "micollab.example.org", address, 36008),
        } <= asked
    assert ("https", "phones.example.org", "10.1.0.20", 443) in asked
    assert ("wss", "micollab.example.org", "10.1.0.10", 36008) in asked


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_from_outside_only_public_addresses_are_tried(make_plan, name):
    asked = examine(make_plan(name), outside=True)[1]

    assert asked
    assert [each.address for each in asked if each.address.startswith("10.")] == []


@pytest.mark.parametrize(
    ("outcome", "meaning", "action"),
    [
        (Outcome(stage="tcp", kind="limit"), "Nothing comes through", "rules of the firewall"),
        (Outcome(stage="tls", kind="verify", code="62"), "does not hold", "all names of the plan"),
        (Outcome(stage="tls", kind="verify", code="10"), "do not accept", "--port 36008 --address"),
        (Outcome(stage="ws", kind="status", code="200"), "not what should", "client connector"),
    ],
)
def test_a_server_that_fails_is_said_with_where_it_failed_and_what_to_do(
    plan, outcome, meaning, action
):
    found, _ = examine(plan, outcome=lambda each: outcome if each.probe.scheme == "wss" else None)

    failed = failures(found)
    assert len(failed) == 3
    assert all(f"fails at {outcome.stage}: {outcome.kind}" in each.summary for each in failed)
    assert all(meaning in each.meaning and action in each.action for each in failed)
