"""Profiles go into a file and come back the same; a file with one mistake changes nothing."""

import tomllib

import pytest

from offhook import generic
from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.provisioning import profilefiles, profiles

PLUGINS = Plugins({"generic": generic})


@pytest.fixture
def make(store, now):
    return lambda name, **texts: profiles.create(
        store, PLUGINS, name, {n.replace("__", "."): t for n, t in texts.items()}, actor="", now=now
    )


@pytest.fixture
def load(store, now):
    return lambda text, **options: profilefiles.read(
        store, PLUGINS, text, **{"overwrite": False, "actor": "me", "now": now, **options}
    )


def everything(store):
    with store.read() as tx:
        return {each.name: each for each in tx.profiles.all()}


def say(profile):
    return profile.settings, profile.modes, profile.pbx_type, profile.transport, profile.gateway


def test_a_profile_comes_back_as_it_was(store, now, make, load):
    made = make(
        "Außendienst 'Süd'",
        emergency_numbers="112,110",
        sip_port="5070",
        verify_tls="off",
        deployment_email="it@example.org",
        dtmf__mode="default",
        transport="none",
    )
    text = profilefiles.write([made])
    profiles.delete(store, made.name, actor="", now=now)

    assert load(text).made == (made.name,)

    assert say(everything(store)[made.name]) == say(made)
    assert load(text, overwrite=True).unchanged == (made.name,)


def test_a_file_says_only_what_the_profile_says_itself(make):
    written = tomllib.loads(profilefiles.write([make("staff", dtmf="sip-info")]))

    assert written == {
        "profile": {"staff": {"pbx_type": "generic", "settings": {"dtmf": "sip-info"}}}
    }


def test_a_profile_that_is_there_changes_only_when_that_is_wanted(store, make, load):
    make("staff", dtmf="sip-info", audio_codec="pcma")
    text = "[profile.staff.settings]\naudio_codec = 'opus'"

    with pytest.raises(InvalidInput, match="staff: name 'staff': is there already"):
        load(text)
    assert load(text, overwrite=True).changed == ("staff",)

    assert everything(store)["staff"].settings == {"audio_codec": "opus"}


def test_one_mistake_keeps_all_of_the_file_out_and_all_are_named(store, load):
    with pytest.raises(InvalidInput) as caught:
        load(
            "[profile.good.settings]\ndtmf = 'sip-info'\n"
            "[profile.one.settings]\ndtmf = 'whistle'\n"
            "[profile.two.settings]\nsip_port = 70000\n"
        )

    assert [each.field for each in caught.value.problems] == ["one: dtmf", "two: sip_port"]
    assert everything(store) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[profile.' x']\npbx_type = 'generic'", " x: name ' x': use one without spaces"),
        ("[profile.one]\nsettings = 3", "one: settings '3': is to be a table"),
        ("[profile.one]\nmodes = 'locked'", "one: modes 'locked': is to be a table"),
        ("[profile.one.options]\ndtmf = 'sip-info'", "one: options: is no table of a profile"),
    ],
)
def test_what_is_no_profile_is_named(store, load, text, says):
    with pytest.raises(InvalidInput) as caught:
        load(text)

    assert says in str(caught.value)
    assert everything(store) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [("[profile", "not TOML"), ("x = 1", "no tables"), ("profile = 1", "no tables")],
)
def test_what_is_no_such_file_is_refused(load, text, says):
    with pytest.raises(InvalidInput, match=says):
        load(text)


def test_a_copy_says_the_same_under_another_name(store, now, make):
    made = make("staff", dtmf="sip-info", dtmf__mode="locked")

    copied = profiles.copy(store, "staff", "more staff", actor="me", now=now)

    assert say(copied) == say(made)
    assert copied.id != made.id
    with pytest.raises(InvalidInput, match="already a profile"):
        profiles.copy(store, "staff", "more staff", actor="me", now=now)


def test_a_dry_run_tells_what_it_would_do_and_takes_it_back(store, make, load):
    text = profilefiles.write([make("staff"), make("guests")])
    text = (
        text.replace("[profile.staff", "[profile.others")
        + "\n[profile.staff.settings]\ndtmf = 'sip-info'\n"
    )
    before = everything(store)

    done = load(text, overwrite=True, dry_run=True)

    assert (done.made, done.changed, done.unchanged) == (("others",), ("staff",), ("guests",))
    assert everything(store) == before
    with store.read() as tx:
        assert "profiles imported" not in {each.action for each in tx.audit.latest()}
