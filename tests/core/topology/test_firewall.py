"""What the plan says passes the firewall, and nothing else: tried with real packets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from offhook.topology import flows, nftables
from tests.lab.programs import need

SCRIPT = Path(__file__).parent / "firewall.py"
PHONE, REDIRECT = "198.51.100.99", "198.51.100.7"
SERVER, OFFHOOK, PBX, DESK = "10.1.0.10", "10.1.0.20", "10.1.0.5", "10.1.7.7"
MBG, PUBLIC = "10.2.0.11", "203.0.113.11"
PLACES = {
    "internet": [PHONE, REDIRECT],
    "dmz": [MBG, "10.2.0.12"],
    "lan": [SERVER, OFFHOOK, PBX, DESK, "10.1.0.2"],
}
PORTS = (22, 443, 5061, 6809, 36008)
ALLOWED = [
    # from, to, port, from whom the other end sees it come
    (PHONE, PUBLIC, 443, PHONE),
    (PHONE, PUBLIC, 5061, PHONE),
    (PHONE, PUBLIC, 36008, PHONE),
    (REDIRECT, PUBLIC, 443, REDIRECT),
    (OFFHOOK, REDIRECT, 443, OFFHOOK),
    (MBG, OFFHOOK, 443, MBG),
    (MBG, SERVER, 36008, MBG),
    (MBG, SERVER, 6809, MBG),
    (SERVER, MBG, 6809, SERVER),
    (MBG, PBX, 5061, MBG),
    (DESK, PUBLIC, 5061, DESK),
    (OFFHOOK, PUBLIC, 36008, OFFHOOK),
]
REFUSED = [
    (PHONE, PUBLIC, 22),
    (PHONE, PUBLIC, 6809),
    (PHONE, MBG, 22),
    (PHONE, OFFHOOK, 443),
    (PHONE, SERVER, 36008),
    (MBG, OFFHOOK, 22),
    (MBG, DESK, 443),
    (MBG, REDIRECT, 443),
    (DESK, REDIRECT, 443),
    (DESK, MBG, 22),
    (OFFHOOK, PHONE, 443),
]


@pytest.fixture
def try_all(tmp_path):
    """Return what the other end sees of each attempt behind a firewall with these rules."""

    def run(plan, tries):
        text = nftables.write(
            plan.rules,
            plan.translations,
            flows.inner_networks(plan.site),
            lambda host: {"redirect.example.org": [REDIRECT]}[host],
        )
        (tmp_path / "rules.nft").write_text(text)
        places = {host: place for place, hosts in PLACES.items() for host in hosts}
        wanted = {
            "places": PLACES,
            "ports": PORTS,
            "rules": "rules.nft",
            "tries": [(places[source], target, port, source) for source, target, port in tries],
        }
        (tmp_path / "wanted.json").write_text(json.dumps(wanted))
        for program in ("nft", "ip"):
            need(program)
        command = [need("unshare"), "-rnm", sys.executable, str(SCRIPT), "wanted.json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.lab
def test_what_the_plan_allows_passes_and_nothing_else(make_plan, try_all):
    tries = [each[:3] for each in ALLOWED] + REFUSED

    seen = try_all(make_plan("lan-dmz"), tries)

    assert seen == [each[3] for each in ALLOWED] + [""] * len(REFUSED)


@pytest.mark.lab
def test_with_an_address_of_its_own_offhook_is_reached_and_goes_out_under_it(make_plan, try_all):
    plan = make_plan("lan-dmz", offhook={"outside": "203.0.113.20"})

    seen = try_all(
        plan,
        [
            (PHONE, "203.0.113.20", 443),
            (OFFHOOK, REDIRECT, 443),
            (PHONE, PUBLIC, 443),
            (OFFHOOK, PUBLIC, 36008),
        ],
    )

    assert seen == [PHONE, "203.0.113.20", "", OFFHOOK]
