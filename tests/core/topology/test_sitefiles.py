"""Site files are read with every mistake named at once; the examples can be read."""

import pytest

from offhook.errors import InvalidInput, UnknownName
from offhook.topology import sitefiles
from offhook.topology.topologies import EDGE, LAN_DMZ, LAN_EDGE, TOPOLOGIES, named
from tests.core.topology.conftest import change

MBG = {"name": "mbg1.example.org", "inside": "10.2.0.11", "outside": "203.0.113.11"}


def problems(topology, **changes):
    """Return the field, value and reason of each mistake."""
    with pytest.raises(InvalidInput) as caught:
        sitefiles.read(change(topology.name, **changes), topology)
    return {each.field: (each.value, each.reason) for each in caught.value.problems}


@pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_an_example_is_a_site_of_its_topology_and_explains_every_line(topology):
    text = sitefiles.example(topology)

    site = sitefiles.read(text, topology)
    assert bool(site.mbgs) is topology.clustered
    assert all("  # " in line for line in text.splitlines() if "=" in line)


def test_an_example_leaves_out_what_has_no_place_there():
    assert "shared_name" not in sitefiles.example(EDGE)
    assert "[cluster]" not in sitefiles.example(EDGE)
    assert "outside" not in sitefiles.example(LAN_DMZ).partition("[offhook]")[0]


def test_a_topology_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UnknownName, match="'lan-dzm'") as caught:
        named("lan-dzm")
    assert "lan-dmz" in caught.value.hint


def test_all_mistakes_are_named_at_once():
    found = problems(
        LAN_DMZ,
        server={"inside": "10.1.0.300", "outsite": "x", "name": "micollab"},
        offhook={"port": 70_000, "name": None},
        sip={"transport": "sctp", "rtp": "31000-20000", "srv": True, "shared_name": None},
        network={"lan": ["10.1.0.0/40"], "dns": ["ns1"]},
        clutser={"inner": "LAN"},
        mbg=[MBG, {**MBG, "outside": "192.168.1.1"}],
    )

    assert found["server: inside"] == ("10.1.0.300", "use an IP address, such as 10.1.0.10")
    assert found["server: outsite"][1].startswith("unknown; known are name,")
    assert found["server: name"][1] == "use the whole name, such as phones.example.org"
    assert found["offhook: port"] == ("70000", "use a number from 1 to 65535")
    assert found["offhook: name"][1].startswith("missing: What clients download from")
    assert found["sip: transport"] == ("sctp", "use one of tls, tcp, udp")
    assert found["sip: rtp"] == ("31000-20000", "use two ports, such as 20000-31000")
    assert found["sip: srv"][1].startswith("needs a shared_name")
    assert found["network: lan"] == ("10.1.0.0/40", "use networks, such as 10.1.0.0/16")
    assert found["network: dns"] == ("ns1", "use an IP address, such as 10.1.0.10")
    assert found["clutser"][1].startswith("unknown; a site has server, offhook, mbg")
    assert found["mbg 1: name"][1].startswith("used twice")
    assert found["mbg 2: inside"] == ("10.2.0.11", "used twice: give each its own")
    assert found["mbg 2: outside"][1].startswith("not public")


@pytest.mark.parametrize(
    ("topology", "changes", "field"),
    [
        (LAN_DMZ, {"mbg": []}, "mbg"),
        (LAN_DMZ, {"mbg": [{**MBG, "outside": ""}]}, "mbg 1: outside"),
        (LAN_DMZ, {"mbg": [{**MBG, "outside": MBG["inside"]}]}, "mbg 1: outside"),
        (LAN_DMZ, {"server": {"outside": "203.0.113.10"}}, "server: outside"),
        (LAN_EDGE, {"cluster": {"outer": "LAN"}}, "cluster: outer"),
        (LAN_EDGE, {"sip": {"shared_name": "mbg1.example.org"}}, "sip: shared_name"),
        (EDGE, {"mbg": [MBG]}, "mbg"),
        (EDGE, {"server": {"outside": None}}, "server: outside"),
        (EDGE, {"server": {"outside": "100.64.0.9"}}, "server: outside"),
        (EDGE, {"offhook": {"outside": None}}, "offhook: outside"),
        (EDGE, {"sip": {"shared_name": "sip.example.org"}}, "sip: shared_name"),
    ],
)
def test_what_does_not_go_together_is_refused(topology, changes, field):
    assert field in problems(topology, **changes)


@pytest.mark.parametrize("text", ["[server", "mbg = 3", "", "[[server]]\nname = 1"])
def test_what_is_no_site_at_all_is_refused_with_where_to_begin(text):
    with pytest.raises(InvalidInput, match="The site file") as caught:
        sitefiles.read(text, LAN_DMZ)
    assert caught.value.hint == "One that fits: offhook topology example lan-dmz"
