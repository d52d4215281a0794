"""Campaigns: who is deployed, who is left out and why, and what goes on after a crash."""

from datetime import timedelta

import pytest
from attrs import evolve

from offhook.errors import InvalidInput, UnknownName
from offhook.model.profiles import NO_TRANSPORT, Profile
from offhook.model.users import Selection
from offhook.provisioning import campaigns, planning
from tests.core.provisioning.deploying import Site

EVERYBODY = Selection()


@pytest.fixture
def site(store, now):
    return Site.build(store, now)


def test_a_campaign_is_one_row_and_one_workflow(site):
    site.add_users("1", "2")

    campaign_id = site.create(EVERYBODY)

    assert site.queue == [("expand", (campaign_id,), None)]
    assert campaigns.progress(site.store, campaign_id).campaign.total == 2


def test_expanding_queues_a_mail_for_everybody(site):
    site.add_users("1", "2")

    campaign_id = site.deploy(EVERYBODY)

    [_, (name, (campaign, chunk), delay)] = site.queue
    assert (name, campaign, delay) == ("send_chunk", campaign_id, None)
    with site.store.read() as tx:
        mails = tx.campaigns.mails(chunk)
    assert {mail.deployment.recipient for mail in mails} == {"1@example.org", "2@example.org"}
    assert all(mail.deployment.message_id.endswith("@phones.example.org>") for mail in mails)


def test_only_the_selected_are_deployed(site):
    site.add_users("1", "2", "3")

    campaign_id = site.deploy(Selection(ids=("u-3", "u-1", "u-gone")))

    users = {line.user for line in campaigns.lines(site.store, campaign_id)}
    assert users == {"1", "3"}
    assert campaigns.progress(site.store, campaign_id).campaign.expanded_at


def test_a_large_campaign_is_expanded_in_chunks_of_fifty(site, monkeypatch):
    monkeypatch.setattr(planning, "BATCH", 70)
    site.add_users(*(str(number) for number in range(1000, 1150)))

    campaign_id = site.deploy(EVERYBODY)

    assert site.counts(campaign_id) == {"queued": 150}
    with site.store.read() as tx:
        sizes = [len(tx.campaigns.mails(ids[1])) for _, ids, _ in site.queue[1:]]
    assert sizes == [50, 20, 50, 20, 10]


def test_expanding_again_adds_nothing(site):
    site.add_users("1")
    campaign_id = site.deploy(EVERYBODY)
    before = list(site.queue)

    site.expand(campaign_id)

    assert site.counts(campaign_id) == {"queued": 1}
    assert site.queue == before


def test_an_expansion_that_is_to_stop_goes_on_where_it_stood(site, monkeypatch):
    monkeypatch.setattr(planning, "BATCH", 2)
    site.add_users("1", "2", "3", "4", "5")
    campaign_id = site.create(EVERYBODY)

    batches = iter([False, True])
    site.queue.clear()

    site.expand(campaign_id, stopping=lambda: next(batches))
    assert campaigns.progress(site.store, campaign_id).made == 2
    assert site.queue[-1] == ("expand", (campaign_id,), None)
    site.expand(campaign_id)

    assert site.counts(campaign_id) == {"queued": 5}
    assert len({line.user for line in campaigns.lines(site.store, campaign_id)}) == 5


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"pbx_password": None}, "incomplete: no PBX SIP password"),
        ({"email": ""}, "no recipient"),
        ({"email": "not an address"}, "cannot be used"),
    ],
)
def test_who_cannot_be_deployed_is_listed_with_the_reason(site, fields, reason):
    site.add_users("1")
    site.add_users("2", **fields)

    campaign_id = site.deploy(EVERYBODY)

    assert site.counts(campaign_id) == {"queued": 1, "failed": 1}
    left_out = site.line(campaign_id, "2")
    assert reason in left_out.delivery_detail
    assert left_out.token_state == "revoked"


def test_a_profile_whose_plugin_is_missing_is_a_reason(site):
    with site.store.write() as tx:
        tx.profiles.add(Profile(id="p-x", name="old", pbx_type="gone"))
    site.add_users("1", profile="old")

    campaign_id = site.deploy(EVERYBODY)

    assert "PBX type 'gone'" in site.line(campaign_id, "1").delivery_detail


def test_being_left_out_keeps_the_older_link(site):
    site.add_users("1")
    first = site.deploy(EVERYBODY)
    with site.store.write() as tx:
        [user] = tx.users.get(["u-1"])
        tx.users.change(user, {"email": ""})

    site.deploy(EVERYBODY)

    assert site.line(first, "1").token_state == "open"


def test_deploying_again_ends_the_older_link(site):
    site.add_users("1")
    first = site.deploy(EVERYBODY)
    second = site.deploy(EVERYBODY)

    assert site.line(first, "1").token_state == "revoked"
    assert site.line(second, "1").token_state == "open"


def test_a_mail_to_the_deployment_address_raises_an_event_that_names_the_user(store, now):
    site = Site.build(store, now, deployment_email="desk@example.org")
    site.add_users("1", email="")

    campaign_id = site.deploy(EVERYBODY)

    assert site.line(campaign_id, "1").recipient == "desk@example.org"
    assert site.events() == [("no-email", "1")]

    with store.write() as tx:
        [user] = tx.users.get(["u-1"])
        tx.users.change(user, {"email": "ana@example.org"})
    site.deploy(EVERYBODY)
    assert site.events() == []


def test_a_profile_names_its_transport_and_a_run_may_override_it(site):
    with site.store.write() as tx:
        tx.profiles.add(
            evolve(tx.profiles.named("default"), id="p2", name="silent", transport=NO_TRANSPORT)
        )
    site.add_users("1")
    site.add_users("2", profile="silent")

    def planned(**options):
        plan = planning.plan(site.store, site.plugins, EVERYBODY, **options)
        return {each.user.number: (each.transport, each.why_not[:31]) for each in plan}

    assert planned() == {"1": ("mail", ""), "2": ("none", "its profile has no transport: o")}
    assert planned(transport="mail") == {"1": ("mail", ""), "2": ("mail", "")}
    assert planned(transport=NO_TRANSPORT) == {"1": ("", ""), "2": ("", "")}


def test_the_plan_tells_recipient_and_rule_and_changes_nothing(store, now):
    site = Site.build(store, now, deployment_email="desk@example.org")
    site.add_users("1")
    site.add_users("2", email="")

    plan = {each.user.number: each for each in planning.plan(store, site.plugins, EVERYBODY)}

    assert (plan["1"].recipient, plan["1"].rule) == ("1@example.org", "the user's e-mail")
    assert plan["2"].recipient == "desk@example.org"
    assert "no e-mail" in plan["2"].rule
    assert campaigns.latest(store) == []
    assert site.events() == []


def test_without_any_transport_deploy_says_so(store, now):
    site = Site.build(store, now, connection="")
    site.add_users("1")

    with pytest.raises(InvalidInput, match="no connection that sends") as caught:
        site.create(EVERYBODY)

    assert "--local" in caught.value.hint


@pytest.mark.parametrize(
    ("options", "error"),
    [({"transport": "mial"}, UnknownName), ({"transport": "pbx"}, InvalidInput)],
)
def test_a_transport_that_cannot_send_is_refused(site, options, error):
    site.add_users("1")
    with site.store.write() as tx:
        stored = tx.connections.named("mail")
        tx.connections.add(evolve(stored, id="x", name="pbx", plugin="generic"), site.now)

    with pytest.raises(error):
        site.create(EVERYBODY, **options)
    assert campaigns.latest(site.store) == []


def test_nobody_to_deploy_is_an_error(site):
    with pytest.raises(InvalidInput, match="nobody"):
        site.create(EVERYBODY)


def test_a_local_campaign_sends_nothing(store, now):
    site = Site.build(store, now, connection="")
    site.add_users("1", email="")

    campaign_id = site.deploy(EVERYBODY, transport=NO_TRANSPORT)

    assert site.queue == []
    assert site.counts(campaign_id) == {"none": 1}
    assert campaigns.progress(store, campaign_id).finished
    with store.read() as tx:
        assert tx.deployments.token_text(site.line(campaign_id, "1").id)


def test_what_nobody_works_at_is_enqueued_again(site):
    site.add_users("1")
    campaign_id = site.deploy(EVERYBODY)
    chunk = site.queue[-1][1][1]
    site.queue.clear()

    def unfinished(name):
        return {(campaign_id, chunk)} if name == "send_chunk" else set()

    assert campaigns.sweep(site.store, site.enqueue, unfinished, now=site.now) == 0
    assert campaigns.sweep(site.store, site.enqueue, lambda _: set(), now=site.now) == 1
    [(name, (campaign, again), delay)] = site.queue
    assert (name, campaign, delay) == ("send_chunk", campaign_id, None)
    assert again != chunk
    site.send()
    assert site.counts(campaign_id) == {"sent": 1}


def test_a_campaign_that_nobody_expands_is_enqueued_again(site):
    site.add_users("1")
    campaign_id = site.create(EVERYBODY)
    site.queue.clear()
    later = site.now + timedelta(minutes=3)

    assert campaigns.sweep(site.store, site.enqueue, lambda _: set(), now=site.now) == 0
    assert campaigns.sweep(site.store, site.enqueue, lambda _: set(), now=later) == 1
    assert site.queue == [("expand", (campaign_id,), None)]


def test_an_unknown_campaign_is_named(store, now):
    with pytest.raises(UnknownName, match="campaign 'x'"):
        campaigns.progress(store, "x")
