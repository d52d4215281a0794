"""Some of many: by number or selected, from several sources, each person what it is there."""

import pytest

from offhook.api import Skipped
from offhook.model.users import Selection
from offhook.provisioning import roles, syncing
from tests.core.provisioning.syncing import Site, person, shown


@pytest.fixture
def site(store, now):
    """A site with two connections."""
    site = Site.build(store, now)
    site.connect("ad")
    return site


def test_numbers_that_cannot_be_imported_are_named_with_the_reason(site):
    site.hold(person("1"), Skipped("2", "no deployable phone"), Skipped("3", "another reason"))

    report = site.take_all(numbers={"1", "2", "9"})

    assert [(line.what, line.user, line.reason) for line in report.lines] == [
        ("added", "hq/1", ""),
        ("skipped", "hq/2", "no deployable phone"),
        ("skipped", "9", "nobody has this number at hq"),
    ]


def test_keys_that_two_sources_share_stay_apart(site):
    for source in ("hq", "ad"):
        site.hold(person("1", pbx=source), person("2", pbx=source), source=source)
    site.take_all("hq", "ad")
    for source in ("hq", "ad"):
        site.hold(person("1", pbx=source, last_name="Gil"), source=source)
    chosen = Selection(ids=(site.user("hq/1").id, site.user("ad/2").id))

    wanted = syncing.wanted_of(site.store, chosen)
    report = site.sync(*wanted.sources, keys=wanted.keys)

    assert {each[:2] for each in shown(report)} == {("changed", "hq/1"), ("gone", "ad/2")}


def test_a_role_is_looked_up_where_it_comes_from(site):
    site.hold(person("guid", "1"), source="ad")
    site.hold(person("1", role="Staff"))
    site.map_role("Staff", "staff")
    site.read("ad")

    assert [(line.user, line.profile) for line in site.take_all().lines] == [("ad/1", "staff")]
    assert "Staff" in [each.role for each in roles.lines(site.store, "hq")]


def test_what_becomes_read_only_is_shown(site):
    site.hold(person("1"))
    site.take_all()
    site.hold(person("1", client_service_host=""))

    assert shown(site.sync()) == [("changed", "hq/1", "Read-only here:  -> Client service host")]


def test_numbers_may_change_hands(site):
    site.hold(person("a", "1"), person("b", "2"))
    site.take_all()
    site.hold(person("a", "2"), person("b", "1"))
    site.sync()

    assert [site.user(key).source_key for key in ("hq/1", "hq/2")] == ["b", "a"]
