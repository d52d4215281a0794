"""force, auto-deploy and devices: whom they reach, what they say, and what they leave alone."""

import pytest

from offhook.errors import UnknownName
from offhook.provisioning.downloads import Ask
from offhook.provisioning.refresh import Call


@pytest.fixture
def download(offhook):
    """Deploy a user and let a phone download; returns the device's token."""

    def run(number):
        [link] = offhook.json("deploy", number, "--local")["links"]
        return again(link["config_url"].rpartition("/")[2])

    def again(token):
        [answer] = offhook.app.redeem([Ask(token=token, agent="Linphone/5.1", format="offhook")])
        return answer.config.body.decode().partition("/r/")[2].partition('"')[0]

    run.again = again
    return run


@pytest.fixture
def crowd(offhook, download):
    """7328 has a phone, 7329 has none, 7330 had one and is gone at its source."""
    offhook.add_user("7329")
    offhook.add_user("7330", connection="hq", source_key="k")
    token = download("7328")
    download("7330")
    app = offhook.app
    with app.store.write() as tx:
        [user] = tx.users.get(["u-7330"])
        tx.users.change(user, {"gone_at": app.now()})
    return token


def forced(offhook):
    with offhook.app.store.read() as tx:
        users = tx.users.get(["u-7328", "u-7329", "u-7330"])
    return {each.number: each.force_count for each in users if each.force_count}


def test_force_says_whom_it_reaches_whom_to_deploy_and_who_is_gone(offhook, crowd):
    shown = offhook.run("force", "--all", expect=3)

    assert "Forced: 1 user with 1 device" in shown
    assert "Nothing to force for 1 user: no client yet, or only revoked ones. Deploy" in shown
    assert "hq/7330 is gone at its source: no new tokens or force config for it" in shown
    assert forced(offhook) == {"7328": 1}


def test_a_program_reads_the_same(offhook, crowd):
    assert offhook.json("force", "--all", expect=3) == {
        "users": 1,
        "devices": 1,
        "deploy": {"no client yet, or only revoked ones": 1},
        "gone": ["hq/7330"],
    }
    assert offhook.json("force", "7328")["users"] == 1


def test_forcing_nobody_is_not_a_success(offhook, crowd):
    assert "Forced: 0 users" in offhook.run("force", "7329", expect=3)


def test_a_dry_run_of_force_changes_nothing(offhook, crowd):
    shown = offhook.run("force", "--all", "--dry-run")
    plan = offhook.json("force", "--all", "--dry-run")

    assert "1 user with 1 device would be forced, 2 left out" in shown
    assert {each["user"]: (each["way"], each["devices"]) for each in plan} == {
        "7328": ("force", 1),
        "7329": ("deploy", 0),
        "hq/7330": ("none", 1),
    }
    assert forced(offhook) == {}


def test_auto_deploy_forces_who_has_a_client_and_deploys_the_others(offhook, crowd):
    found = offhook.json("auto-deploy", "--all", "--local", expect=3)

    assert found["forced"]["users"] == 1
    assert found["forced"]["gone"] == ["hq/7330"]
    assert found["campaign"]["total"] == 1
    assert [each["key"] for each in found["campaign"]["links"]] == ["7329"]
    assert forced(offhook) == {"7328": 1}


def test_auto_deploy_mails_as_deploy_does(offhook, crowd):
    shown = offhook.run("auto-deploy", "7328", "7329")

    [campaign, *_] = offhook.json("campaigns", "list")
    assert "Forced: 1 user" in shown
    assert f"Campaign {campaign['id']} for 1 user is on its way" in shown
    assert "No worker is running" in shown


def test_auto_deploy_of_clients_that_are_all_there_makes_no_campaign(offhook, crowd):
    before = len(offhook.json("campaigns", "list"))

    assert offhook.json("auto-deploy", "7328")["campaign"] is None
    assert len(offhook.json("campaigns", "list")) == before


def test_who_cannot_be_mailed_is_not_forced_half(offhook, crowd):
    with pytest.raises(UnknownName, match="no connection 'pigeon'"):
        offhook.run("auto-deploy", "--all", "--transport", "pigeon")

    assert forced(offhook) == {}


def test_a_dry_run_of_auto_deploy_says_who_gets_what(offhook, crowd):
    offhook.add_user("7331", email="")

    shown = offhook.run("auto-deploy", "--all", "--dry-run")
    plan = {each["user"]: each for each in offhook.json("auto-deploy", "--all", "--dry-run")}

    assert "1 would be forced, 1 deployed, 2 left out" in shown
    assert plan["7328"]["way"] == "force"
    assert (plan["7329"]["way"], plan["7329"]["recipient"]) == ("deploy", "7329@example.org")
    assert "gone at its source" in plan["hq/7330"]["why_not"]
    assert (plan["7331"]["way"], plan["7331"]["why_not"][:12]) == ("none", "no recipient")
    assert forced(offhook) == {}
    with pytest.raises(UnknownName):
        offhook.run("auto-deploy", "--all", "--dry-run", "--transport", "pigeon")


def test_devices_are_listed_with_what_is_known_of_them(offhook, crowd):
    offhook.app.refresh([Call(token=crowd)])

    shown = offhook.run("devices", "list")
    [mine] = offhook.json("devices", "list", "7328")["devices"]

    assert "Linphone/5.1" in shown
    assert "hq/7330" in shown
    assert (mine["user"], mine["format"], mine["accounts"]) == ("7328", "offhook", 1)
    assert mine["applied_at"] == mine["seen_at"]
    assert mine["revoked_at"] is None


def test_many_devices_come_in_pages(offhook, crowd):
    first = offhook.json("devices", "list", "--limit", "1")
    second = offhook.json("devices", "list", "--limit", "1", "--after", first["next"])

    assert "add --after" in offhook.run("devices", "list", "--limit", "1")
    assert [each["devices"][0]["user"] for each in (first, second)] == ["hq/7330", "7328"]
    assert second["next"] is None


def test_a_lost_phone_is_revoked_and_the_administrator_hears_what_stays(offhook, crowd):
    [mine] = offhook.json("devices", "list", "7328")["devices"]

    dry = offhook.run("devices", "revoke", mine["id"], "--dry-run")
    assert "Nothing has been changed" in dry
    assert offhook.app.refresh([Call(token=crowd)])[0].config
    shown = offhook.run("devices", "revoke", mine["id"])

    assert "Revoked: 1 device" in shown
    assert "change the SIP password" in shown
    assert "The link of 7328 is good for 2 downloads: offhook deploy 7328" in shown
    assert offhook.app.refresh([Call(token=crowd)])[0].reason == "device-revoked"
    assert "Revoked before: 1" in offhook.run("devices", "revoke", mine["id"])
    assert offhook.json("devices", "revoke", mine["id"])[0]["revoked_at"]


def test_a_device_that_is_unknown_is_named(offhook, crowd):
    with pytest.raises(UnknownName, match="no device 'abc'"):
        offhook.run("devices", "revoke", "abc")


def test_explain_names_the_devices_that_are_revoked(offhook, crowd):
    [mine] = offhook.json("devices", "list", "7328")["devices"]
    offhook.run("devices", "revoke", mine["id"])

    found = {each["code"]: each for each in offhook.json("explain", "7328")["findings"]}

    assert found["device-revoked"]["level"] == "warning"
    assert f"Linphone/5.1 ({mine['id']}); others" in found["device-revoked"]["summary"]
    assert "offhook deploy 7328" in found["device-revoked"]["action"]


def test_a_changed_profile_says_how_many_clients_it_concerns_and_offers_force_config(
    offhook, crowd
):
    offhook.run("profiles", "create", "the staff")
    shown = offhook.run("profiles", "edit", "default", "voicemail_number=*86")
    unused = offhook.run("profiles", "edit", "the staff", "voicemail_number=*86")
    assigned = offhook.run("users", "assign", "the staff", "7328")
    everywhere = offhook.run("settings", "set", "token_lifetime=2w")

    assert "this concerns: 2. " in shown
    assert "offhook force --profile default" in shown
    assert "offhook force" not in unused
    assert "this concerns: 1. " in assigned
    assert "offhook force --profile 'the staff'" in assigned
    assert "offhook force --all" in everywhere


@pytest.mark.parametrize("command", ["force", "auto-deploy"])
def test_forcing_wants_to_know_whom(offhook, command):
    assert "name users" in offhook.run(command, expect=2)
