"""Whatever a plugin hands over, it is a user, somebody left out with a reason, or its fault."""

import pytest

from offhook.api import Secret, Skipped, SourceUser
from offhook.errors import PluginError
from tests.core.provisioning.syncing import Site, person


@pytest.fixture
def site(store, now):
    """A site with one PBX."""
    return Site.build(store, now)


def left_out(site):
    """Return what cannot be users, and why."""
    with site.store.read() as tx:
        return [(each.key, each.reason) for each in tx.sources.skipped("hq", 10)]


@pytest.mark.parametrize("bad", ["\0", "\ud800", "\x1b[31m", "x" * 251])
@pytest.mark.parametrize("name", ["role", "login", "pbx", "phone"])
def test_characters_that_cannot_be_stored_leave_one_user_out(site, name, bad):
    site.hold(person("1", **{name: bad}), person("2"))

    (reading,) = site.read()

    assert (reading.users, reading.skipped) == (1, 1)
    ((key, reason),) = left_out(site)
    assert key == "1"
    assert reason.startswith(f"{name} {bad!r}: it ")


def test_keys_and_reasons_are_shown_without_control_characters(site):
    site.hold(person("1\0"), Skipped("2\x1b", "odd \ud800"))
    site.read()

    assert [key for key, _ in left_out(site)] == ["1\ufffd", "2\ufffd"]
    assert left_out(site)[1][1] == "odd \ufffd"


@pytest.mark.parametrize("password", ["geheim\0", Secret("geheim\0")])
def test_a_password_that_cannot_be_used_is_not_shown(site, password):
    site.hold(person("1", pbx_password=password))
    site.read()

    ((key, reason),) = left_out(site)
    assert (key, "geheim" in reason) == ("1", False)
    assert reason.startswith("PBX SIP password ****: it holds")


@pytest.mark.parametrize("fields", [{"last_name": Secret("x")}, {"email": None}, {"number": 7}])
def test_a_value_of_the_wrong_kind_is_a_fault_of_the_plugin(site, fields):
    site.hold(person("1", **fields))
    with pytest.raises(PluginError, match="not as text"):
        site.read()
    assert site.events() == [("source-unreadable", "hq")]


def test_odd_names_of_pbxs_and_keys_never_make_two_persons_one(site):
    nameless = SourceUser(key="x/1", fields={"last_name": "Gil"})
    site.hold(nameless, person("2", "1", pbx="/hq/x"), person("3", "x/1", pbx="/hq"))
    site.read()

    assert len(site.offers().offers) == 3


def test_without_a_pbx_those_with_the_same_mbg_user_name_are_one_person(site):
    site.connect("edge")
    account = {"gateway_username": "ruiza-1", "number": "1", "last_name": "Ruiz"}
    site.hold(SourceUser(key="a", kind="client-service", fields=account))
    gateway = {"gateway_username": "ruiza-1", "number": "1"}
    other = {"gateway_username": "gilb-1", "number": "1"}
    site.hold(
        SourceUser(key="7", kind="gateway", fields=gateway),
        SourceUser(key="8", kind="gateway", fields=other),
        source="edge",
    )
    site.read("hq", "edge")

    assert {each.sources for each in site.offers("edge").offers} == {("hq", "edge"), ("edge",)}
