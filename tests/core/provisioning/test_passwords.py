"""A password is kept before the PBX learns it, and current only when the PBX has taken it."""

import pytest

from offhook.api import Secret, Unreachable
from offhook.provisioning import pushing
from tests.core.provisioning.syncing import Site, person


@pytest.fixture
def site(store, now):
    """A site with one PBX and two of its users here."""
    site = Site.build(store, now)
    site.hold(person("1"), person("2", pbx_password=Secret("has-one")))
    site.take_all()
    return site


def test_who_has_none_gets_one_and_the_pbx_knows_it(site):
    report = site.set_passwords("1", "2")

    assert (report.set, report.unchanged, report.failed) == (1, 1, {})
    ((key, text),) = site.pbx.asked
    assert (key, site.user("hq/1").pbx_password) == ("1", Secret(text))
    assert len(text) == pushing.LENGTH


def test_what_the_pbx_refuses_stays_pending_and_comes_again_the_same(site):
    site.pbx.refuses["1"] = "The extension is locked."

    assert site.set_passwords("1").failed == {"hq/1": "The extension is locked."}
    assert site.user("hq/1").pbx_password is None
    site.pbx.refuses.clear()
    assert site.set_passwords("1").set == 1

    first, second = site.pbx.asked
    assert first == second
    assert site.user("hq/1").pbx_password == Secret(second[1])


def test_a_crash_after_the_push_is_made_good_by_the_same_password(site):
    site.pbx.down = KeyError("the process ends here")
    site.set_passwords("1")
    site.pbx.down = Unreachable("Down.")
    assert site.set_passwords("1").failed == {"hq/1": "Down."}
    site.pbx.down = None
    site.set_passwords("1")

    assert len({text for _, text in site.pbx.asked}) == 1
    assert len(site.pbx.asked) == 3


def test_a_system_that_is_down_is_asked_once_for_all_its_users(site):
    site.hold(*(person(str(number)) for number in range(1, 121)))
    site.take_all()
    site.pbx.down = Unreachable("Down.")

    report = site.set_passwords(*(str(number) for number in range(1, 121) if number != 2))

    assert len(report.failed) == 119
    assert len(site.pbx.asked) == pushing.BATCH["pbx"]


def test_all_may_get_new_ones_and_a_dry_run_asks_nobody(site):
    assert site.set_passwords("1", "2", renew=True, dry_run=True).set == 2
    assert site.pbx.asked == []

    assert site.set_passwords("1", "2", renew=True).set == 2
    assert site.user("hq/2").pbx_password == Secret(dict(site.pbx.asked)["2"])


def test_no_password_lacks_a_kind_of_character_that_some_systems_insist_on():
    texts = [pushing.make().reveal() for _ in range(500)]

    assert all(set(kind) & set(text) for text in texts for kind in pushing.KINDS)
    assert {len(text) for text in texts} == {pushing.LENGTH}
