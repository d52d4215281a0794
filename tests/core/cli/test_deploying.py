"""The commands around deploying: deploy, campaigns and events, each as a program sees it."""

import re
from datetime import timedelta
from threading import Event

import pytest

from offhook.errors import InvalidInput, UnknownName
from offhook.model.users import Selection
from offhook.provisioning import tokens
from offhook.worker import Duties


def test_a_dry_run_tells_who_would_get_what_and_changes_nothing(offhook):
    offhook.add_user("7329", pbx_password=None)

    shown = offhook.run("deploy", "--all", "--dry-run")
    plan = {each["user"]: each for each in offhook.json("deploy", "--all", "--dry-run")}

    assert "1 would be deployed, 1 left out" in shown
    assert plan["7328"] == {
        "id": "u-7328",
        "user": "7328",
        "name": "Ana Ruiz",
        "recipient": "7328@example.org",
        "rule": "the user's e-mail",
        "transport": "mail",
        "why_not": "",
    }
    assert "no PBX SIP password" in plan["7329"]["why_not"]
    assert offhook.json("campaigns", "list") == []


def test_deploy_starts_a_campaign_and_says_that_nobody_sends(offhook):
    shown = offhook.run("deploy", "7328")

    [campaign] = offhook.json("campaigns", "list")
    assert campaign["id"] in shown
    assert "No worker is running" in shown
    assert (campaign["total"], campaign["finished"]) == (1, False)
    assert offhook.app.jobs.unfinished("expand") == {(campaign["id"],)}


def test_deploy_local_shows_the_link_and_sends_nothing(offhook):
    shown = offhook.run("deploy", "7328", "--local")
    [link] = offhook.json("deploy", "7328", "--local")["links"]

    assert re.search(r"https://phones\.example\.org/d/[0-9A-Z-]{23}", shown)
    assert link["user"] == "u-7328"
    assert link["config_url"].startswith("https://phones.example.org/c/")
    assert link["page_url"].split("/")[-1] not in shown
    assert offhook.app.jobs.unfinished("expand") == set()


def test_who_is_left_out_makes_a_campaign_partial(offhook):
    offhook.add_user("7329", pbx_password=None)

    shown = offhook.run("deploy", "--all", "--local", expect=3)

    assert "7329 was left out: incomplete: no PBX SIP password" in shown


@pytest.mark.parametrize(
    "arguments", [[], ["7328", "--all"], ["--all", "--profile", "default"]], ids=str
)
def test_deploy_wants_to_know_whom(offhook, arguments):
    assert "name users" in offhook.run("deploy", *arguments, expect=2)


def test_a_campaign_shows_each_mail_with_its_reason(offhook):
    offhook.add_user("7329", email="")
    campaign = offhook.app.deploy(Selection())
    offhook.app.expand(campaign.id)

    shown = offhook.run("campaigns", "show", campaign.id)
    found = offhook.json("campaigns", "show", campaign.id)

    assert "no recipient" in shown
    assert "1 failed, 1 queued" in shown
    assert [each["delivery"] for each in found["deployments"]] == ["failed", "queued"]
    assert found["counts"] == {"failed": 1, "queued": 1}


def test_uncertain_mails_are_resent_by_choice_only(offhook):
    campaign = offhook.app.deploy(Selection())
    offhook.app.expand(campaign.id)
    with offhook.app.store.write() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        tx.campaigns.finish(line.deployment.id, "queued", "uncertain", "", offhook.app.now())

    assert "choose" in offhook.run("campaigns", "resend", campaign.id, expect=2)
    assert "resend" in offhook.run("campaigns", "show", campaign.id)
    again = ("campaigns", "resend", campaign.id, "--uncertain")
    assert "1 would be sent again, 0 left out" in offhook.run(*again, "--dry-run")
    assert "Mails queued again: 1" in offhook.run(*again)
    assert offhook.json("campaigns", "show", campaign.id)["counts"] == {"queued": 1}


def test_a_campaign_that_waits_is_resumed(offhook):
    campaign = offhook.app.deploy(Selection())
    offhook.app.expand(campaign.id)
    with offhook.app.store.write() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        until = offhook.app.now() + timedelta(minutes=15)
        key = line.deployment.id
        tx.campaigns.postpone(key, "queued", "later", until=until, detail="wrong password")

    assert "wrong password (next attempt" in offhook.run("campaigns", "show", campaign.id)
    dry = offhook.run("campaigns", "resume", campaign.id, "--dry-run")
    assert "1 would be sent again, 0 left out" in dry
    assert "Mails sent now: 1" in offhook.run("campaigns", "resume", campaign.id)
    assert "Mails sent now: 0" in offhook.run("campaigns", "resume", campaign.id)


def test_an_ended_link_is_marked_within_a_minute_and_forgotten_after_ten_weeks(
    offhook, monkeypatch
):
    campaign, app = offhook.app.deploy(Selection()), offhook.app
    app.expand(campaign.id)
    with app.store.read() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        link = tx.deployments.token_text(line.deployment.id)
    after = line.deployment.expires_at + timedelta(minutes=1)

    for job, passed, known in (
        (Duties(app, Event()).sweep, timedelta(0), "expired"),
        (Duties(app, Event()).clean_up, timedelta(days=29), "expired"),
        (Duties(app, Event()).clean_up, timedelta(days=30), None),
    ):
        monkeypatch.setattr(app, "now", lambda passed=passed: after + passed)
        job()
        with app.store.read() as tx:
            found = tx.deployments.by_token(tokens.hash_of(link.reveal()))
        assert (found and found.token_state) == known


def test_a_mail_whose_link_has_ended_is_not_resent(offhook):
    campaign = offhook.app.deploy(Selection())
    offhook.app.expand(campaign.id)
    with offhook.app.store.write() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        tx.campaigns.finish(line.deployment.id, "queued", "failed", "", offhook.app.now())
        tx.deployments.revoke(["u-7328"])

    dry = offhook.run("campaigns", "resend", campaign.id, "--failed", "--dry-run")
    assert "its link is revoked: deploy again" in dry
    shown = offhook.run("campaigns", "resend", campaign.id, "--failed", expect=3)

    assert "no living link" in shown


def test_events_are_listed_and_resolved(offhook):
    with offhook.app.store.write() as tx:
        now = offhook.app.now()
        tx.events.raise_once("major", "transport-unusable", "mail", "Wrong password.", now)
        tx.events.raise_once("major", "transport-unusable", "mail", "Refused.", now)
    [event] = offhook.json("events", "list")

    assert "Refused." in offhook.run("events", "list")
    offhook.run("events", "resolve", str(event["id"]))

    assert offhook.json("events", "list") == []
    assert len(offhook.json("events", "list", "--all")) == 1
    with pytest.raises(InvalidInput, match="no open event"):
        offhook.run("events", "resolve", str(event["id"]))


@pytest.mark.parametrize(
    "words",
    [
        ("deploy", "--profile", "salse"),
        ("users", "list", "--profile", "salse"),
        ("users", "delete", "--profile", "salse", "--dry-run"),
        ("users", "assign", "default", "--profile", "salse"),
    ],
    ids=" ".join,
)
def test_a_profile_that_is_unknown_is_not_taken_for_an_empty_one(offhook, words):
    with pytest.raises(UnknownName, match="no profile 'salse'"):
        offhook.run(*words)


def test_a_misspelt_delivery_and_a_change_of_nothing_are_errors(offhook):
    campaign = offhook.json("deploy", "7328")["id"]

    with pytest.raises(UnknownName, match="no delivery 'send'"):
        offhook.run("campaigns", "show", campaign, "--delivery", "send")
    with pytest.raises(InvalidInput, match="Nothing to change"):
        offhook.run("connections", "edit", "mail")


def test_a_plugin_without_options_needs_no_connection(offhook):
    with pytest.raises(InvalidInput, match="'generic' speaks to no system"):
        offhook.run("connections", "add", "pbx", "--plugin", "generic")


def test_drift_is_not_taken_over_where_nobody_could_be_sent_a_mail(offhook):
    offhook.run("connections", "remove", "mail", "--yes")

    with pytest.raises(InvalidInput, match="no connection that sends"):
        offhook.run("connections", "drift", "edge", "--deliver")
