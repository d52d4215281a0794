"""Users follow their sources: added, changed field by field, marked when gone, never deleted."""

import pytest

from offhook.api import Secret, Skipped
from offhook.errors import InvalidInput, UnknownName
from offhook.model.profiles import NO_TRANSPORT
from offhook.model.users import Selection
from offhook.provisioning import planning, profiles, resolving, roles, syncing, tokens, users
from tests.core.provisioning.syncing import Site, person, shown


@pytest.fixture
def site(store, now):
    """A site with one PBX."""
    return Site.build(store, now)


def test_everybody_or_some_are_imported_with_what_the_source_knows(site):
    site.hold(person("1"), person("2", pbx_host="pbx2.example.org"), person("3"))

    assert shown(site.take_all(numbers={"2"})) == [("added", "hq/2")]

    user = site.user("hq/2")
    assert (user.connection, user.source_key, user.profile) == ("hq", "2", "default")
    assert (user.last_name, user.pbx_username, user.pbx_host) == ("Ruiz 2", "2", "pbx2.example.org")
    assert {each[:2] for each in shown(site.take_all())} == {("added", "hq/1"), ("added", "hq/3")}


def test_synchronising_twice_changes_nothing(site):
    site.hold(person("1", role="Staff", login="ana", pbx_password=Secret("s3cret")), person("2"))
    site.map_role("Staff", "staff")
    site.take_all()
    before = [site.user(key) for key in ("1", "2")]

    report = site.sync()

    assert (report.lines, dict(report.counts)) == ([], {"unchanged": 2})
    assert [site.user(key) for key in ("1", "2")] == before
    assert before[0].pbx_password == Secret("s3cret")


def test_what_changed_is_shown_field_by_field_secrets_masked(site):
    site.hold(person("1", pbx_password=Secret("old")), person("2"))
    site.take_all()
    site.hold(person("1", last_name="Gil", pbx_password=Secret("new")), person("2"))

    report = site.sync()

    assert shown(report) == [
        ("changed", "hq/1", "Last name: Ruiz 1 -> Gil", "PBX SIP password: **** -> ****")
    ]
    changed = site.user("hq/1")
    assert (changed.last_name, changed.pbx_password) == ("Gil", Secret("new"))
    assert changed.revision == 2


def test_a_dry_run_shows_the_same_and_changes_nothing(site):
    site.hold(person("1"), person("2"))
    site.take_all()
    site.hold(person("1", last_name="Gil"), person("3"))
    before = site.user("hq/1")

    tried = site.take_all(dry_run=True)

    assert site.users() == ["hq/1", "hq/2"]
    assert site.user("hq/1") == before
    assert shown(tried) == shown(site.take_all())


def test_a_user_gone_at_its_source_is_marked_and_comes_back(site):
    site.hold(person("1"), person("2"))
    site.take_all()
    site.hold(person("2"))

    assert shown(site.sync()) == [("gone", "hq/1")]
    assert shown(site.sync()) == []

    gone = site.user("hq/1")
    assert gone.gone_at == site.now
    assert planning.why_gone(gone) == "gone at its source hq since 2030-03-01"
    planned = {
        each.user.key: each.why_not
        for each in planning.plan(site.store, site.plugins, Selection(), transport=NO_TRANSPORT)
    }
    assert planned["hq/1"].startswith("gone at its source")
    assert not planned["hq/2"].startswith("gone")

    site.hold(person("1"), person("2"))
    assert shown(site.sync()) == [("back", "hq/1")]
    assert site.user("hq/1").gone_at is None


def test_what_a_source_holds_but_cannot_be_a_user_is_not_gone(site):
    site.hold(person("1"))
    site.take_all()
    site.hold(Skipped("1", "no deployable phone"))

    report = site.sync()

    assert [(line.what, line.user, line.reason) for line in report.lines] == [
        ("skipped", "hq/1", "no deployable phone")
    ]
    assert site.user("hq/1").gone_at is None


@pytest.mark.parametrize("changed", [{"login": "gil"}, {"client_service_username": "gil"}])
def test_a_changed_id_needs_a_factory_reset_until_deployed_again(site, changed):
    before = dict.fromkeys(changed, "ruiz")
    site.hold(person("1", **before))
    site.take_all()
    assert site.user("hq/1").reset_at is None
    site.hold(person("1", **changed))

    site.sync()

    user = site.user("hq/1")
    assert user.reset_at == site.now
    settings = resolving.resolve_for(profile_of(site, user), user, site.plugins).settings
    with site.store.write() as tx:
        tx.deployments.add([tokens.issue(user.id, settings, campaign_id="c", now=site.now)])
    assert site.user("hq/1").reset_at is None


def profile_of(site, user):
    """Return the profile of *user*."""
    with site.store.read() as tx:
        return profiles.get(tx, user.profile)


def test_roles_choose_profiles_and_unknown_ones_are_listed_not_guessed(site):
    site.hold(
        person("1", role="Staff"), person("2", role="Entry"), person("3", role="Odd"), person("4")
    )
    site.map_role("Staff", "staff")

    report = site.take_all()

    assert [(line.what, line.user, line.profile) for line in report.lines] == [
        ("added", "hq/1", "staff"),
        ("skipped", "hq/2", ""),
        ("skipped", "hq/3", ""),
        ("added", "hq/4", "default"),
    ]
    assert [line.reason for line in report.lines if line.reason] == [
        "its role 'Entry' gets no client",
        "nobody has said what its role 'Odd' gets: offhook roles set hq \"Odd\" PROFILE",
    ]
    assert [(each.role, each.profile, each.users) for each in roles.lines(site.store, "hq")] == [
        ("", "", 1),
        ("Entry", "none", 1),
        ("Odd", "", 1),
        ("Staff", "staff", 1),
    ]


def test_a_changed_role_moves_the_user_and_asks_for_a_deployment(site):
    site.map_role("Staff", "staff")
    site.hold(person("1", role="Staff"), person("2", role="Staff"))
    site.take_all()
    users.assign(site.store, Selection(), "default", actor="me", now=site.now)
    site.map_role("Boss", "staff")
    site.hold(person("1", role="Boss"), person("2", role="Staff"))

    site.automate()
    report = site.sync()

    assert [(line.user, line.profile) for line in report.lines] == [("hq/1", "staff")]
    assert report.deploy == [site.user("hq/1").id]
    assert (site.user("hq/1").profile, site.user("hq/2").profile) == ("staff", "default")


def test_a_profile_given_at_the_import_is_for_new_users_whatever_their_role(site):
    site.hold(person("1", role="Odd"))
    assert site.take_all(profile="staff").counts["added"] == 1
    site.hold(person("1", role="Odd"), person("2"))
    site.take_all(profile="default")

    assert (site.user("hq/1").profile, site.user("hq/2").profile) == ("staff", "default")
    site.hold(person("3"))
    with pytest.raises(UnknownName):
        site.take_all(profile="stuff")


def test_a_sync_adds_only_whom_their_system_wants_deployed(site):
    site.hold(person("1", automatic=True), person("2"))

    assert dict(site.sync().counts) == {"available": 2}
    site.automate()
    report = site.sync()

    assert shown(report) == [("added", "hq/1")]
    assert report.counts["available"] == 1
    assert report.deploy == [site.user("hq/1").id]


def test_selected_users_are_synchronised_alone(site):
    site.hold(person("1"), person("2"), person("3"))
    site.take_all()
    site.hold(person("1", last_name="Gil"), person("2", last_name="Gil"))
    chosen = Selection(ids=(site.user("hq/1").id, site.user("hq/3").id))

    wanted = syncing.wanted_of(site.store, chosen)
    report = site.sync(*wanted.sources, keys=wanted.keys)

    assert {each[:2] for each in shown(report)} == {("changed", "hq/1"), ("gone", "hq/3")}


def test_a_profile_for_another_pbx_type_is_warned_about_once(site):
    site.hold(person("1"), person("2"))

    (warning,) = site.take_all().warnings

    assert "get the profile 'default', which is for the PBX type 'generic'" in warning


def test_a_profile_that_roles_map_to_stays(site):
    site.map_role("Staff", "staff")
    with pytest.raises(InvalidInput, match="roles of hq map to it"):
        profiles.delete(site.store, "staff", actor="me", now=site.now)
