"""The commands around deploying: deploy, campaigns, email and events, each as a program sees it."""

import json
import re
import shutil
from datetime import timedelta

import pytest
from attrs import frozen
from typer.testing import CliRunner

from offhook.app import App
from offhook.cli import root
from offhook.errors import InvalidInput, UnknownName
from offhook.model.secrets import Secret
from offhook.model.users import Selection, User
from offhook.provisioning import connections, profiles, tokens


@frozen
class Commands:
    """Runs commands on an installation; what a person or a program reads comes back."""

    app: App

    def run(self, *arguments, expect=0):
        result = CliRunner().invoke(root, list(arguments), env={"COLUMNS": "200"})
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.exit_code == expect, result.output
        return result.output

    def json(self, *arguments, expect=0):
        result = CliRunner().invoke(root, [*arguments, "--json"])
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.exit_code == expect, result.output
        return json.loads(result.stdout)

    def add_user(self, number, **fields):
        values = {"email": f"{number}@example.org", "pbx_password": Secret("s3cret"), **fields}
        with self.app.store.write() as tx:
            user = User(
                id=f"u-{number}",
                profile=profiles.DEFAULT,
                first_name="Ana",
                last_name="Ruiz",
                number=number,
                pbx_username=number,
                created_at=self.app.now(),
                **values,
            )
            tx.users.add(user, profiles.get(tx, profiles.DEFAULT).id)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """The data folder of an installation with one user and a mail connection without answer."""
    home = tmp_path_factory.mktemp("furnished") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFHOOK_HOME", str(home))
        App.initialize({"public_url": "https://phones.example.org"})
        app = App.load()
    now = app.now()
    options = {"host": "localhost", "port": "9", "sender": "offhook@example.org"}
    connections.add(app.store, app.plugins, "mail", "email_smtp", options, actor="", now=now)
    texts = {"pbx_host": "pbx.example.org"}
    profiles.edit(app.store, app.plugins, profiles.DEFAULT, texts, actor="", now=now)
    Commands(app).add_user("7328")
    app.store.close()
    return home


@pytest.fixture
def offhook(furnished, tmp_path, monkeypatch):
    """A copy of the installation for one test."""
    shutil.copytree(furnished, tmp_path / "home")
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "home"))
    return Commands(App.load())


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
    offhook.app._expand(campaign.id)

    shown = offhook.run("campaigns", "show", campaign.id)
    found = offhook.json("campaigns", "show", campaign.id)

    assert "no recipient" in shown
    assert "1 failed, 1 queued" in shown
    assert [each["delivery"] for each in found["deployments"]] == ["failed", "queued"]
    assert found["counts"] == {"failed": 1, "queued": 1}


def test_uncertain_mails_are_resent_by_choice_only(offhook):
    campaign = offhook.app.deploy(Selection())
    offhook.app._expand(campaign.id)
    with offhook.app.store.write() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        tx.campaigns.finish(line.deployment.id, "queued", "uncertain", "", offhook.app.now())

    assert "choose" in offhook.run("campaigns", "resend", campaign.id, expect=2)
    assert "resend" in offhook.run("campaigns", "show", campaign.id)
    assert "Mails queued again: 1" in offhook.run("campaigns", "resend", campaign.id, "--uncertain")
    assert offhook.json("campaigns", "show", campaign.id)["counts"] == {"queued": 1}


def test_a_campaign_that_waits_is_resumed(offhook):
    campaign = offhook.app.deploy(Selection())
    offhook.app._expand(campaign.id)
    with offhook.app.store.write() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        until = offhook.app.now() + timedelta(minutes=15)
        key = line.deployment.id
        tx.campaigns.postpone(key, "queued", "later", until=until, detail="wrong password")

    assert "wrong password (next attempt" in offhook.run("campaigns", "show", campaign.id)
    assert "Mails sent now: 1" in offhook.run("campaigns", "resume", campaign.id)
    assert "Mails sent now: 0" in offhook.run("campaigns", "resume", campaign.id)


def test_an_ended_link_is_marked_within_a_minute_and_forgotten_after_ten_weeks(
    offhook, monkeypatch
):
    campaign, app = offhook.app.deploy(Selection()), offhook.app
    app._expand(campaign.id)
    with app.store.read() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        link = tx.deployments.token_text(line.deployment.id)
    after = line.deployment.expires_at + timedelta(minutes=1)

    for job, passed, known in (
        (app._sweep, timedelta(0), "expired"),
        (app._clean_up, timedelta(days=29), "expired"),
        (app._clean_up, timedelta(days=30), None),
    ):
        monkeypatch.setattr(app, "now", lambda passed=passed: after + passed)
        job()
        with app.store.read() as tx:
            found = tx.deployments.by_token(tokens.hash_of(link.reveal()))
        assert (found and found.token_state) == known


def test_a_mail_whose_link_has_ended_is_not_resent(offhook):
    campaign = offhook.app.deploy(Selection())
    offhook.app._expand(campaign.id)
    with offhook.app.store.write() as tx:
        [line] = tx.campaigns.lines(campaign.id)
        tx.campaigns.finish(line.deployment.id, "queued", "failed", "", offhook.app.now())
        tx.deployments.revoke(["u-7328"])

    shown = offhook.run("campaigns", "resend", campaign.id, "--failed", expect=3)

    assert "no living link" in shown


def test_the_text_is_shown_edited_and_goes_back_to_the_default(offhook, tmp_path):
    body = tmp_path / "body.txt"
    body.write_text("Dear [####firstname####], [####link####]", encoding="utf-8")

    assert "(default)" in offhook.run("email", "show")
    assert "[####link####]" in offhook.run("email", "show", "--default")
    edited = offhook.run(
        "email", "edit", "--subject", "Hi", "--body-file", str(body), "playstore=none"
    )
    assert "qrcode" in edited
    shown = offhook.json("email", "show")
    assert (shown["subject"], shown["body"]) == ("Hi", "Dear [####firstname####], [####link####]")
    assert shown["stores"] == {"playstore": ""}
    assert len(shown["warnings"]) == 2
    offhook.run("email", "load-default")
    assert offhook.json("email", "show")["body"] == ""


def test_an_unknown_placeholder_is_refused(offhook):
    with pytest.raises(InvalidInput, match="nickname"):
        offhook.run("email", "edit", "--subject", "Hi [####nickname####]")


def test_the_preview_is_the_real_mail_with_a_sample_token(offhook, tmp_path):
    page = tmp_path / "page.html"

    shown = offhook.run("email", "preview", "7328", "--html", str(page))
    found = offhook.json("email", "preview", "7328")

    assert "7328@example.org" in shown
    assert "https://phones.example.org/d/ABCDE-FGHJK-MNPQR-STVWX" in shown
    assert found["subject"] == "Your softphone: Ana Ruiz (7328)"
    assert 'src="data:image/png;base64,' in page.read_text()
    assert offhook.json("campaigns", "list") == []


@pytest.mark.lab
def test_a_test_mail_goes_out_at_once(offhook, start_sink, pki):
    sink = start_sink(username="offhook", password="s3cret")
    options = {
        "port": str(sink.port),
        "username": "offhook",
        "password": "s3cret",
        "ca_file": str(pki.root),
    }
    app = offhook.app
    connections.change(app.store, app.plugins, "mail", options, actor="", now=app.now())

    shown = offhook.run("email", "test", "me@example.org")

    [mail] = sink.messages(1)
    assert "Sent to me@example.org" in shown
    assert mail["Subject"] == "[Test] Your softphone: Ana Ruiz (2001)"


def test_a_test_mail_needs_an_address(offhook):
    with pytest.raises(InvalidInput, match="one e-mail address"):
        offhook.run("email", "test", "nobody")


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
