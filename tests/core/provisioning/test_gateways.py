"""Teleworkers get what their gateway has for them; who gets nothing is told why."""

import pytest

from offhook.api import FoundCredentials, Secret, Unreachable
from offhook.errors import InvalidInput, UnknownName
from offhook.model.users import Selection
from offhook.provisioning import (
    connections,
    gateways,
    passwordfile,
    passwords,
    profiles,
    users,
)
from tests.core.provisioning.gatewaying import Site, sip_user


@pytest.fixture
def site(store, now):
    """A site with one gateway."""
    return Site.build(store, now)


def add_gateway(site, name, **options):
    options |= {"actor": "", "now": site.now}
    connections.add(site.store, site.plugins, name, "mbg", {"host": f"{name}.test"}, **options)


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


def test_a_dry_run_tells_what_would_be_read_and_keeps_nothing(site, make_user):
    make_user("1")
    site.gateway.holds["1"] = sip_user("1")

    report = site.fetch(dry_run=True)

    assert (len(report.changed), report.origins) == (1, {"1": "read from edge"})
    assert user(site, "1").gateway_password is None


def test_a_dry_run_sets_nothing_at_the_gateway(site, make_user):
    site.choose("set")
    make_user("1", gateway_username="u-1")

    report = site.fetch(dry_run=True)

    assert report.origins == {"1": "to be set at edge"}
    assert site.gateway.wanted == []
    assert user(site, "1").gateway_password is None


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
    add_gateway(site, "inner", local=True)
    assert len(site.fetch().changed) == 1


def test_a_gateway_that_profiles_name_stays(site):
    profiles.edit(site.store, site.plugins, "default", {"gateway": "edge"}, actor="", now=site.now)
    with pytest.raises(InvalidInput, match="the profiles default name it"):
        connections.remove(site.store, "edge", actor="", now=site.now)


def test_what_drifted_is_found_and_kept_only_when_it_is_wanted(site, make_user):
    made = make_user("1", gateway_username="u-1", gateway_password=Secret("secret-1"))
    site.gateway.holds["1"] = sip_user("1")
    assert site.compare().changed == []
    site.gateway.holds["1"] = FoundCredentials(username="u-1", password=Secret("other"))

    assert site.compare().changed == [made.id]
    assert user(site, "1").gateway_password == Secret("secret-1")
    assert site.compare(take_over=True).changed == [made.id]
    assert user(site, "1").gateway_password == Secret("other")


def test_only_who_registers_there_is_compared(site, make_user):
    make_user("1")
    add_gateway(site, "other")

    report = site.compare("other")

    assert (report.changed, report.failed, site.gateway.asked) == ([], {}, [])
    with pytest.raises(UnknownName, match="elsewhere"):
        site.compare("elsewhere")


def test_what_a_gateway_hides_is_said_with_the_ways_out(site, make_user):
    make_user("1")
    site.gateway.holds["1"] = FoundCredentials(username="u-1", password=None)

    (reason,) = site.fetch().failed.values()

    assert "does not show its password" in reason
    assert "offhook connections edit edge --credentials set" in reason


def test_passwords_are_made_and_set_where_the_connection_says_so(site, make_user):
    make_user("1", gateway_username="u-1")
    make_user("2")
    make_user("3", gateway_password=Secret("had one"))
    site.gateway.holds["2"] = FoundCredentials(username="u-2", password=None)
    site.choose("set")

    report = site.fetch()

    assert report.origins == {"1": "set at edge", "2": "set at edge", "3": "here before"}
    assert {each.username for each in site.gateway.wanted} == {"u-1", "u-2"}
    for each in site.gateway.wanted:
        found = user(site, each.number)
        assert (found.gateway_username, found.gateway_password) == (each.username, each.password)
        assert found.pbx_password != each.password


def test_a_password_that_was_not_taken_comes_again_the_same(site, make_user):
    make_user("1", gateway_username="u-1")
    site.choose("set")
    site.gateway.refuses["1"] = "weak password refused"

    assert site.fetch().failed == {"1": "weak password refused"}
    assert user(site, "1").gateway_password is None
    site.gateway.refuses.clear()
    assert site.fetch().origins == {"1": "set at edge"}

    first, second = site.gateway.wanted
    assert first.password == second.password == user(site, "1").gateway_password


def test_instead_of_one_that_is_refused_for_good_a_new_one_can_be_wanted(site, make_user):
    make_user("1", gateway_username="u-1")
    site.choose("set")
    site.gateway.refuses["1"] = "weak password refused"
    site.fetch()
    site.gateway.refuses.clear()

    assert site.fetch(renew=True).failed == {}

    first, second = site.gateway.wanted
    assert first.password != second.password == user(site, "1").gateway_password


def test_new_passwords_come_only_when_they_are_wanted(site, make_user):
    make_user("1", gateway_username="u-1", gateway_password=Secret("old"))
    site.choose("set")

    assert site.fetch().unchanged == 1
    assert len(site.fetch(renew=True).changed) == 1
    assert user(site, "1").gateway_password != Secret("old")


def test_who_has_no_sip_user_gets_no_password_either(site, make_user):
    make_user("1")
    site.choose("set")

    assert site.fetch().failed == {"1": "it has no SIP user"}
    assert site.gateway.wanted == []


def test_a_file_is_waited_for_where_the_connection_says_so(site, make_user):
    make_user("1")
    make_user("2", gateway_password=Secret("came before"))
    site.choose("file")

    report = site.fetch()

    assert report.origins == {"2": "here before"}
    assert "offhook users import-passwords FILE --from edge" in report.failed["1"]
    assert site.gateway.asked == []


def test_a_way_that_the_gateway_has_not_is_refused(site):
    with pytest.raises(InvalidInput, match="read, set, file"):
        site.choose("hand")


def test_a_pbx_password_is_not_brought_to_a_gateway(site, make_user):
    make_user("1", connection="edge", pbx_password=None)
    given = {"actor": "me", "now": site.now}

    report = passwords.provide(site.store, site.plugins, Selection(), **given)

    assert (report.set, report.by_hand, report.failed) == (0, 1, {})


def load(site, tmp_path, *lines):
    path = tmp_path / "sip-users.csv"
    path.write_text("\n".join(lines))
    given = {"actor": "me", "now": site.now}
    return passwordfile.import_file(site.store, site.plugins, path, "edge", **given)


def test_a_file_with_the_names_of_the_gateways_page_serves_who_registers_there(
    site, make_user, tmp_path
):
    make_user("7328", connection="hq")
    make_user("7329")

    report = load(
        *(site, tmp_path, "Enabled,Set-side Username,Set-side Password,ICP-side Username"),
        *("yes,smithj-7328,Note-G-1843,7328", "yes,ruiz-7329,Bug-1947-moth,"),
    )

    assert (report.changed, report.bad) == (2, [])
    with site.store.read() as tx:
        found = tx.users.get(tx.users.named("hq/7328"))[0]
    assert (found.gateway_username, found.pbx_username) == ("smithj-7328", "7328")
    assert user(site, "7329").gateway_password == Secret("Bug-1947-moth")


def test_who_registers_elsewhere_is_nobody_of_that_file(site, make_user, tmp_path):
    make_user("7328")
    add_gateway(site, "other")
    profiles.edit(site.store, site.plugins, "default", {"gateway": "other"}, actor="", now=site.now)

    (cell,) = load(site, tmp_path, "Set-side Username,Set-side Password", "smithj-7328,x").bad

    assert (cell.value, cell.reason) == ("7328", "no user of edge has this number")
