"""The firewall's text is one that nft takes."""

import subprocess

import pytest

from offhook.topology import flows, nftables
from offhook.topology.topologies import TOPOLOGIES
from tests.lab.programs import need

FOUND = {"redirect.example.org": ["198.51.100.7", "2001:db8::7"]}
V6 = {
    "server": {"inside": "2001:db8:1::10"},
    "network": {"lan": ["2001:db8:1::/48", "10.1.0.0/16"], "pbx": ["2001:db8:1::5"]},
}


def write(plan):
    return nftables.write(
        plan.rules,
        plan.translations,
        flows.inner_networks(plan.site),
        lambda host: FOUND.get(host, []),
    )


def nft(script, *, text, at):
    """Run *script* in a network of its own; rules.nft there holds *text*."""
    (at / "rules.nft").write_text(text)
    command = [need("unshare"), "-rn", need("bash"), "-ec", script]
    done = subprocess.run(command, cwd=at, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    return done.stdout


@pytest.mark.lab
@pytest.mark.parametrize("name", TOPOLOGIES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        V6,
        {"sip": {"transport": "udp"}, "offhook": {"outside": "203.0.113.20", "port": 8443}},
        {"network": {"lan": ["10.0.0.0/8", "10.1.0.0/16"], "redirect": ["gone.example.org"]}},
        {"offhook": {"outside": "2001:db8::20"}},
        {"offhook": {"outside": "203.0.113.20", "name": f"{'a' * 63}.{'b' * 63}.example.org"}},
    ],
    ids=["example", "v6", "udp", "overlap", "mixed", "long"],
)
def test_nft_takes_the_rules_of_every_topology(make_plan, tmp_path, name, changes):
    text = write(make_plan(name, **changes))

    assert nft(f"{need('nft')} -c -f rules.nft", text=text, at=tmp_path) == ""


@pytest.mark.lab
def test_the_chains_can_be_jumped_to_and_loaded_again_without_doubling(make_plan, tmp_path):
    text = write(make_plan("lan-dmz"))
    base = """
table inet filter {
  chain way { type filter hook forward priority 0; policy drop; jump offhook; }
  chain into { type nat hook prerouting priority -100; jump offhook_in; }
  chain out { type nat hook postrouting priority 100; jump offhook_out; }
}
"""
    (tmp_path / "base.nft").write_text(base.replace("; }", ";\n }"))
    program = need("nft")
    script = f"{program} -f rules.nft; {program} -f base.nft; {program} -f rules.nft"

    listed = nft(f"{script}; {program} list table inet filter", text=text, at=tmp_path)

    assert listed.count("dnat") == 2
    assert listed.count("clients fetch configurations") == 1


def test_a_host_that_cannot_be_looked_up_is_a_comment_with_what_to_allow(make_plan):
    text = write(make_plan("lan-dmz", network={"redirect": ["gone.example.org"]}))

    (first, *_) = [line.strip() for line in text.splitlines() if "gone.example.org" in line]
    assert first.startswith("# gone.example.org cannot be looked up here")
    assert "tcp dport 443" in first


def test_what_a_machine_on_the_edge_opens_by_itself_is_no_rule(make_plan):
    lines = write(make_plan("lan-edge")).splitlines()

    (phones,) = (line.strip() for line in lines if "tcp dport 5061 from internet" in line)
    assert phones.startswith("# MBGs allows by itself")


def test_traffic_within_the_site_keeps_its_address(make_plan):
    lines = write(make_plan("lan-dmz")).splitlines()

    (out,) = (line.strip() for line in lines if "saddr 10.2.0.11 ip daddr !=" in line)
    assert "!= { 10.1.0.0/16, 10.2.0.11, 10.2.0.12 } snat ip to 203.0.113.11" in out
