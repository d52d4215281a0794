"""offhook managed-config: a file for an MDM with a link for each user, and for nobody else."""

import json
import stat

import pytest

from offhook.errors import InvalidInput
from offhook.model.secrets import Secret


@pytest.fixture
def out(tmp_path):
    """Where the file goes."""
    return tmp_path / "mdm.json"


def rows(out):
    return json.loads(out.read_text())


def edit(offhook, *pairs):
    offhook.run("profiles", "edit", "default", *pairs)


def test_every_user_gets_an_address_of_its_own(offhook, out):
    offhook.add_user("7329")

    shown = offhook.run("managed-config", "--all", "--out", str(out))

    found = {each["user"]: each for each in rows(out)}
    assert found["7328"] == {
        "id": "u-7328",
        "user": "7328",
        "name": "Ana Ruiz",
        "email": "7328@example.org",
        "client": "linphone",
        "configuration": found["7328"]["configuration"],
    }
    addresses = {each["configuration"]["configUri"] for each in found.values()}
    assert len(addresses) == 2
    for address in addresses:
        assert address.startswith("https://phones.example.org/f/linphone?token=")
        assert address.endswith("&device=mdm")
        assert address not in shown
    assert "links of 2 users: keep it safe" in shown
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert b"s3cret" not in out.read_bytes()


def test_a_dry_run_makes_no_link_and_no_file(offhook, out):
    offhook.add_user("7329", pbx_password=None)

    shown = offhook.run("managed-config", "--all", "--out", str(out), "--dry-run")

    assert "1 user would get a new link" in shown
    assert "7329 would be left out: incomplete" in shown
    assert not out.exists()
    assert offhook.json("campaigns", "list") == []


def test_the_older_link_ends(offhook, out):
    offhook.run("deploy", "7328", "--local")
    offhook.run("managed-config", "7328", "--out", str(out))

    current = offhook.json("qr", "7328")["config_url"].rpartition("/")[2]
    (row,) = rows(out)
    assert f"token={current}&" in row["configuration"]["configUri"]


def test_who_cannot_be_configured_keeps_the_link_and_is_named(offhook, out):
    offhook.add_user("7329", pin=Secret("4711"))
    offhook.add_user("7330", pbx_password=None)
    offhook.run("deploy", "7329", "--local")
    before = offhook.json("qr", "7329")["config_url"]

    shown = offhook.run("managed-config", "--all", "--out", str(out), expect=3)

    assert [each["user"] for each in rows(out)] == ["7328"]
    assert "7329 was left out: it has a PIN" in shown
    assert "7330 was left out: incomplete: no PBX SIP password" in shown
    assert offhook.json("qr", "7329")["config_url"] == before


def test_a_client_that_takes_nothing_from_an_mdm_is_refused_and_nothing_written(offhook, out):
    edit(offhook, "client_format=baresip")

    with pytest.raises(InvalidInput, match="7328: baresip takes nothing from an MDM"):
        offhook.run("managed-config", "--all", "--out", str(out))

    assert list(out.parent.glob("mdm.json*")) == []
    assert offhook.json("campaigns", "list") == []


@pytest.mark.parametrize(("option", "given"), [([], False), (["--root-ca"], True)], ids=str)
def test_the_authority_is_handed_out_on_demand_only(offhook, out, pki, option, given):
    edit(offhook, "ca_type=custom", f"custom_ca=@{pki.root}")

    offhook.run("managed-config", "7328", "--out", str(out), *option)

    (row,) = rows(out)
    expected = {"configUri", "rootCa"} if given else {"configUri"}
    assert set(row["configuration"]) == expected
    assert row["configuration"].get("rootCa", pki.root.read_text()) == pki.root.read_text()


def test_the_output_is_written_to_where_that_is_asked_for(offhook):
    shown = offhook.run("managed-config", "7328", "--out", "-")

    assert json.loads(shown)[0]["user"] == "7328"


def test_without_a_file_nothing_is_made(offhook):
    assert "--out" in offhook.run("managed-config", "--all", expect=2)
    assert offhook.json("campaigns", "list") == []
