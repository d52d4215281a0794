"""Teleworkers get what their gateway has for them; who gets nothing is told why."""

import pytest

from offhook.api import FoundCredentials, Secret, Unreachable
from offhook.errors import InvalidInput
from offhook.model.users import Selection
from offhook.provisioning import connections, gateways, passwords, profiles, users
from tests.core.provisioning.gatewaying import Site, sip_user


@pytest.fixture
def site(store, now):
    """A site with one gateway."""
    return Site.build(store, now)


def user(site, number):
    with site.store.read() as tx:
        return users.find(tx, number)


def test_users_get_what_the_gateway_has_and_the_others_a_reason(site, make_user):
    for number in ("1", "2"):
        make_user(number)
    site.gateway.holds["1"] = sip_user("1")

    report = site.fetch()

    assert (len(report.changed), report.failed) == (1, {"2": "it has no SIP user"})
    found = user(site, "1")
    assert (found.gateway_username, found.gateway_password) == ("u-1", Secret("secret-1"))
    again = site.fetch()
    assert (again.changed, again.unchanged) == ([], 1)


def test_who_needs_no_gateway_is_not_asked_for(site, make_user):
    make_user("1")
    profiles.edit(
        site.store, site.plugins, "default", {"use_teleworker": "off"}, actor="", now=site.now
    )

    assert site.fetch().not_needed == 1
    assert site.gateway.asked == []


def test_one_batch_that_fails_leaves_the_others_and_a_second_run_finishes(
    site, make_user, monkeypatch
):
    monkeypatch.setattr(gateways, "BATCH", 2)
    for number in "123456":
        make_user(number)
        site.gateway.holds[number] = sip_user(number)
    site.gateway.breaks = {"3"}

    report = site.fetch()

    assert (len(report.changed), set(report.failed.values())) == (4, {"It answered 500."})
    assert sorted(report.failed) == ["3", "4"]
    site.gateway.breaks, site.gateway.asked = set(), []
    assert len(site.fetch(only_missing=True).changed) == 2
    assert site.gateway.asked == [2]


def test_a_name_that_the_pbx_gives_stays(site, make_user):
    make_user("1", gateway_username="ruiz-1", connection="hq", given=("gateway_username",))
    site.gateway.holds["1"] = sip_user("1")

    site.fetch()

    assert user(site, "1").gateway_username == "ruiz-1"
    assert user(site, "1").gateway_password == Secret("secret-1")


def test_a_gateway_that_is_down_is_the_reason_of_all_its_users(site, make_user):
    make_user("1")
    site.gateway.down = Unreachable("It does not answer.")

    assert site.fetch().failed == {"1": "It does not answer."}


def test_the_first_gateway_is_the_default_until_another_is_said_to_be_local(site, make_user):
    make_user("1")
    site.gateway.holds["1"] = FoundCredentials(username="u", password=Secret("s"))
    connections.remove(site.store, "edge", actor="", now=site.now)
    (reason,) = site.fetch().failed.values()
    assert "Neither its profile nor the site names a border gateway. Add one" in reason
    connections.add(
        *(site.store, site.plugins, "inner", "mbg", {"host": "i.test"}),
        local=True,
        actor="",
        now=site.now,
    )
    assert len(site.fetch().changed) == 1


def test_a_gateway_that_profiles_name_stays(site):
    profiles.edit(site.store, site.plugins, "default", {"gateway": "edge"}, actor="", now=site.now)
    with pytest.raises(InvalidInput, match="the profiles default name it"):
        connections.remove(site.store, "edge", actor="", now=site.now)


def test_a_dry_run_finds_what_drifted_and_keeps_it(site, make_user):
    made = make_user("1", gateway_username="u-1", gateway_password=Secret("secret-1"))
    site.gateway.holds["1"] = sip_user("1")
    assert site.fetch(dry_run=True).changed == []
    site.gateway.holds["1"] = FoundCredentials(username="u-1", password=Secret("other"))

    assert site.fetch(dry_run=True, only_at="edge").changed == [made.id]
    assert site.fetch(dry_run=True, only_at="elsewhere").changed == []
    assert user(site, "1").gateway_password == Secret("secret-1")


def test_a_pbx_password_is_not_brought_to_a_gateway(site, make_user):
    make_user("1", connection="edge", pbx_password=None)
    given = {"actor": "me", "now": site.now}

    report = passwords.provide(site.store, site.plugins, Selection(), **given)

    assert (report.set, report.by_hand, report.failed) == (0, 1, {})
