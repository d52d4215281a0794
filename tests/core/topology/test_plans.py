"""A plan says of a site what its set-up asks: steps, rules, names, certificates, settings."""

import pytest

from offhook.topology.flows import FIREWALL
from offhook.topology.topologies import TOPOLOGIES


def texts(plan, system=""):
    return [each.text for each in plan.steps if system in ("", each.system)]


def ways(plan, *, at=FIREWALL):
    """Return from, to and ports of what is allowed there."""
    return {
        (each.source.label, each.target.label, f"{each.protocol} {each.ports}")
        for each in plan.rules
        if each.at == at
    }


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_no_gap_is_left_open_and_steps_are_numbered(make_plan, name):
    plan = make_plan(name)

    assert [each.number for each in plan.steps] == [*range(1, len(plan.steps) + 1)]
    assert not any(mark in text for text in texts(plan) for mark in "{}")


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_the_client_connector_is_on_and_no_web_proxy_runs_on_the_server(make_plan, name):
    plan = make_plan(name)

    assert any("client connector enabled, host micollab.example.org" in t for t in texts(plan))
    assert any("No web proxy on this machine" in t for t in texts(plan, "micollab.example.org"))


@pytest.mark.parametrize(
    ("name", "server", "gateway"),
    [
        ("lan-dmz", "Server-only on LAN", "Server-only on network DMZ"),
        ("lan-edge", "Server-only on LAN", "Server-gateway on network edge"),
        ("edge", "Server-gateway on network edge", ""),
    ],
)
def test_each_machine_has_its_network_mode(make_plan, name, server, gateway):
    plan = make_plan(name)

    assert any(server in each for each in texts(plan, "micollab.example.org"))
    for each in plan.site.mbgs:
        assert any(f"Network Profiles: {gateway}, Apply" in text for text in texts(plan, each.name))


def test_zones_are_each_others_backup_and_weights_are_100(make_plan):
    plan = make_plan("lan-dmz", cluster={"inner": "House", "outer": "Yard"})

    said = "\n".join(texts(plan))
    assert "Rename the zone Default to House: this node is in it, its backup zone is Yard." in said
    for each in plan.site.mbgs:
        assert any(
            "into the zone Yard; its backup zone is House." in text
            for text in texts(plan, each.name)
        )
    assert "Weight of every node: 100." in said
    assert "Give it the version that every MBG has" in said


def test_a_shared_name_is_among_the_allowed_uri_names_and_in_one_profile(make_plan):
    plan = make_plan("lan-dmz")

    assert any(
        "Allowed URI names: micollab.example.org, sip.example.org." in t for t in texts(plan)
    )
    (profile,) = plan.profiles
    assert profile.settings["gateway_host"] == "sip.example.org"
    assert profile.suffix == ""


def test_several_mbgs_without_a_shared_name_have_a_profile_each(make_plan):
    plan = make_plan("lan-dmz", sip={"shared_name": None})

    assert [(each.suffix, each.settings["gateway_host"]) for each in plan.profiles] == [
        ("-mbg1", "mbg1.example.org"),
        ("-mbg2", "mbg2.example.org"),
    ]


def test_a_srv_name_leads_to_every_mbg_and_web_clients_to_one(make_plan):
    plan = make_plan("lan-dmz", sip={"srv": True})

    (found,) = (each for each in plan.names if each.srv)
    assert found.name == "_sips._tcp.sip.example.org"
    assert found.inside == ("mbg1.example.org:5061", "mbg2.example.org:5061")
    assert plan.profiles[0].settings["gateway_srv"] == "on"
    assert plan.profiles[0].settings["webrtc_host"] == "mbg1.example.org"


def test_downloads_pass_through_the_mbgs_and_their_certificates_hold_the_name(make_plan):
    plan = make_plan("lan-dmz")

    assert any("Add new LAN server proxy: WAN side phones.example.org" in t for t in texts(plan))
    assert ("MBGs", "phones.example.org", "tcp 443") in ways(plan)
    names = {each.system: each.names for each in plan.certificates}
    assert names["mbg1.example.org"] == (
        *("mbg1.example.org", "sip.example.org", "micollab.example.org", "phones.example.org"),
    )
    assert names["micollab.example.org"] == ("micollab.example.org",)


def test_with_an_address_of_its_own_offhook_needs_no_proxy(make_plan):
    plan = make_plan("lan-dmz", offhook={"outside": "203.0.113.20", "port": 8443})

    assert not any("LAN server proxy" in text for text in texts(plan))
    assert ("internet", "phones.example.org", "tcp 8443") in ways(plan)
    assert ("MBGs", "phones.example.org", "tcp 8443") not in ways(plan)
    assert plan.profiles[0].settings["download_host"] == "phones.example.org:8443"
    assert "203.0.113.20" in [each.outside for each in plan.translations]


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_every_redirect_host_is_allowed_on_443_in_both_directions_past_geofencing(make_plan, name):
    services = {"redirect": ["r1.example.org", "r2.example.org"]}
    plan = make_plan(name, network=services)

    both = "r1.example.org, r2.example.org"
    rules = [each for each in plan.rules if both in (each.source.label, each.target.label)]
    assert {(each.source.label == both, each.protocol, each.ports) for each in rules} == {
        (True, "tcp", "443"),
        (False, "tcp", "443"),
    }
    assert all("geofencing" in each.hint for each in rules)
    assert any(f"Except {both} from geofencing" in each for each in texts(plan))


@pytest.mark.parametrize(
    ("sip", "said"),
    [
        ({"transport": "udp"}, "none of the MBGs stands in for another"),
        ({"transport": "tcp"}, "Some Android phones cannot use SIP over TCP"),
    ],
)
def test_what_to_think_over_is_said(make_plan, sip, said):
    assert any(said in each for each in make_plan("lan-dmz", sip=sip).remarks)
    assert make_plan("lan-dmz").remarks == ()


def test_without_a_redirect_host_no_rule_is_for_one(make_plan):
    plan = make_plan("lan-dmz", network={"redirect": []})

    assert not any(each.hint for each in plan.rules)
    assert any("No redirect or diagnostics service is known" in each for each in plan.remarks)
    assert not any("geofencing" in each for each in texts(plan))


def test_in_the_dmz_the_firewall_lets_phones_in_and_on_the_edge_the_mbgs_do(make_plan):
    phones = {
        ("internet", "MBGs", "tcp 5061"),
        ("internet", "MBGs", "udp 20000-31000"),
        ("internet", "MBGs", "tcp 36008"),
        ("internet", "MBGs", "tcp 443"),
    }
    dmz, edge = make_plan("lan-dmz"), make_plan("lan-edge")

    assert phones <= ways(dmz)
    assert not phones & ways(edge)
    assert phones <= ways(edge, at="MBGs")
    assert len(dmz.translations) == 2
    assert edge.translations == ()


def test_on_the_edge_what_names_lead_to_is_what_is_allowed(make_plan):
    plan = make_plan("edge")

    web = [each for each in plan.rules if each.why == "web services: credentials"]
    assert [each.target.addresses for each in web] == [("203.0.113.10",)]
    assert not any(each.source.label == each.target.label for each in plan.rules)
    rules = {(each.source.label, *each.target.addresses, each.ports) for each in plan.rules}
    assert ("internet", "203.0.113.10", "36008") in rules


@pytest.mark.parametrize(
    ("transport", "way"), [("tls", "tcp 5061"), ("tcp", "tcp 5060"), ("udp", "udp 5060")]
)
def test_the_sip_port_follows_from_the_transport(make_plan, transport, way):
    plan = make_plan("lan-dmz", sip={"transport": transport})

    assert ("internet", "MBGs", way) in ways(plan)
    assert plan.profiles[0].settings["gateway_transport"] == transport


def test_on_the_edge_two_adapters_without_nat_are_asked_for(make_plan):
    (first, *_) = texts(make_plan("edge"))

    assert "two adapters, Local: 10.1.0.10, WAN: 203.0.113.10, a public address" in first
    assert "without NAT" in first


def test_download_and_gateway_names_lead_elsewhere_inside_as_the_guide_wants_it(make_plan):
    names = {each.name: each for each in make_plan("lan-dmz").names}

    assert names["phones.example.org"].inside == ("10.1.0.20",)
    assert names["phones.example.org"].outside == ("203.0.113.11", "203.0.113.12")
    assert names["mbg1.example.org"].inside == ("203.0.113.11",)
    assert names["micollab.example.org"].inside == ("10.1.0.10",)


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_departures_from_the_guide_are_stated_with_a_code_of_their_own(name):
    codes = [each.code for each in TOPOLOGIES[name].departures]

    assert len(codes) == len(set(codes)) > 8
