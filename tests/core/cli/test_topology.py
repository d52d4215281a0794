"""``offhook topology`` as an administrator types it."""

import json

import pytest
from typer.testing import CliRunner

from offhook.cli import root
from offhook.errors import InvalidInput
from offhook.provisioning import connections


@pytest.fixture
def site(offhook, tmp_path, monkeypatch):
    """The example of a site in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.toml").write_text(offhook.run("topology", "example", "lan-dmz"))
    return ("lan-dmz", "--site", "site.toml")


def test_the_topologies_are_listed(offhook):
    assert {each["name"] for each in offhook.json("topology", "list")} == {
        *("lan-dmz", "lan-edge", "edge"),
    }
    assert "MBGs in the DMZ" in offhook.run("topology", "list")


def test_a_plan_shows_every_part_to_people(offhook, site):
    said = offhook.run("topology", "plan", *site)

    for part in (
        "Steps, in this order",
        "Rename the zone Default to LAN",
        "Names: what they lead to",
        "Certificates: the names in each",
        "Allowed at the firewall",
        "tests of downloads; except it from geofencing",
        "203.0.113.11",
        "gateway_host",
        "The guide: The certificate is the last of its steps.",
    ):
        assert part in said


def test_the_rules_alone_are_text_for_nft(offhook, site):
    said = offhook.run("topology", "plan", *site, "--nftables")

    assert said.startswith("# Rules of the firewall")
    assert said == offhook.json("topology", "plan", *site)["nftables"] + "\n"


def test_redirect_services_that_offhook_is_connected_to_are_in_the_plan(offhook, site):
    app = offhook.app
    options = {"host": "routes.example.net", "sender": "phones@example.org"}
    connections.add(app.store, app.plugins, "routes", "redirect", options, actor="", now=app.now())

    plan = offhook.json("topology", "plan", *site)

    both = ["redirect.example.org", "routes.example.net"]
    assert [each["source"] for each in plan["rules"] if each["target"] == both] == [["10.1.0.20"]]


def test_a_profile_is_made_and_fits_the_plan(offhook, site):
    assert "Profile outside is made" in offhook.run(
        "topology", "plan", *site, "--create-profile", "outside"
    )

    found = offhook.json("topology", "check", *site, "--profile", "outside", expect=1)
    assert "Profile outside is as planned for sip.example.org." in [
        each["summary"] for each in found if each["code"] == "topology-profile"
    ]
    with pytest.raises(InvalidInput, match="already a profile outside"):
        offhook.run("topology", "plan", *site, "--create-profile", "outside", expect=1)


def test_without_a_shared_name_each_mbg_gets_its_profile_or_none_does(offhook, site, tmp_path):
    file = tmp_path / "site.toml"
    file.write_text(file.read_text().replace("shared_name =", "# shared_name ="))
    offhook.run("profiles", "create", "outside-mbg2")

    with pytest.raises(InvalidInput, match="already a profile outside-mbg2"):
        offhook.run("topology", "plan", *site, "--create-profile", "outside", expect=1)
    assert "outside-mbg1" not in offhook.run("profiles", "list")
    offhook.run("profiles", "delete", "outside-mbg2")
    offhook.run("topology", "plan", *site, "--create-profile", "outside")

    assert {"outside-mbg1", "outside-mbg2"} <= {
        each["name"] for each in offhook.json("profiles", "list")
    }


def test_a_plan_needs_no_installation(offhook, site, tmp_path, monkeypatch):
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "nowhere"))

    done = CliRunner().invoke(root, ["topology", "plan", *site, "--json"])

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["topology"] == "lan-dmz"
    assert not (tmp_path / "nowhere").exists()


def test_a_check_lists_what_it_cannot_see(offhook, site):
    said = offhook.run("topology", "check", *site, expect=1)

    assert "203.0.113.11 is an address for examples" in said
    assert "These nodes are in the zone DMZ, whose backup zone is LAN." in said
