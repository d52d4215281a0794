"""Settings come from layers, each with its origin; a contradictory profile is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from offhook import generic
from offhook.api import ClientFormat, PbxType, hookimpl
from offhook.doors import Plugins
from offhook.errors import InvalidInput, UnknownName
from offhook.model.profiles import BUILT_IN, Layer, Profile
from offhook.model.users import User
from offhook.provisioning import profiles, resolving
from offhook.store.store import Store


class Strict:
    """A PBX type with a default of its own and two codecs."""

    @hookimpl
    def pbx_type(self) -> PbxType:
        return PbxType(
            name="strict",
            label="Strict PBX",
            codecs=("pcma", "g722"),
            defaults={"dtmf": "sip-info"},
        )


@pytest.fixture
def plugins() -> Plugins:
    """Core's own plugin and a stricter PBX."""
    return Plugins({"generic": generic, "strict": Strict()})


@pytest.fixture
def create(store: Store, plugins: Plugins, now: datetime) -> Callable[..., Profile]:
    """Make a profile from texts."""
    return lambda name="staff", **texts: profiles.create(
        store, plugins, name, texts, actor="me", now=now
    )


@pytest.fixture
def edit(store: Store, plugins: Plugins, now: datetime) -> Callable[..., Profile]:
    """Change the profile "staff" by texts."""
    return lambda **texts: profiles.edit(store, plugins, "staff", texts, actor="me", now=now)


def why(call: Callable[..., Any], **texts: str) -> dict[str, str]:
    """Return what is refused and why, by setting."""
    with pytest.raises(InvalidInput) as caught:
        call(**texts)
    return {each.field: each.reason for each in caught.value.problems}


def test_a_later_layer_wins_and_says_so() -> None:
    resolved = resolving.resolve(
        [
            Layer("PBX type strict", {"dtmf": "sip-info", "audio_codec": "pcma"}),
            Layer("profile staff", {"audio_codec": "g722"}),
        ]
    )

    assert (resolved.settings.dtmf, resolved.origins["dtmf"]) == ("sip-info", "PBX type strict")
    assert resolved.settings.audio_codec == "g722"
    assert resolved.origins["audio_codec"] == "profile staff"
    assert resolved.origins["call_mode"] == BUILT_IN


def test_layers_go_from_pbx_type_over_gateway_and_profile_to_user(
    plugins: Plugins, now: datetime
) -> None:
    profile = Profile(
        id="p",
        name="staff",
        pbx_type="strict",
        settings={"pbx_host": "a.test"},
        gateway_settings={"gateway_host": "mbg.test"},
    )
    user = User(id="u", profile="staff", number="7328", pbx_host="b.test", created_at=now)

    origins = [layer.origin for layer in resolving.layers_of(profile, user, plugins)]

    assert origins == ["PBX type strict", "its gateway", "profile staff", "user 7328"]
    assert resolving.resolve_for(profile, user, plugins).settings.pbx_host == "b.test"


@pytest.mark.parametrize(
    ("value", "mode"),
    [("off", "default"), ("on", "default"), ("on-forced", "forced"), ("on-locked", "locked")],
)
def test_the_softphone_choice_carries_its_mode(value: str, mode: str) -> None:
    resolved = resolving.resolve([Layer("profile", {"use_softphone": value})])

    assert resolved.modes["use_softphone"] == mode


@pytest.mark.parametrize(
    ("value", "mode"), [("off", "default"), ("on", "default"), ("on-locked", "forced")]
)
def test_the_teleworker_choice_carries_its_mode(value: str, mode: str) -> None:
    resolved = resolving.resolve([Layer("profile", {"use_teleworker": value})])

    assert resolved.modes["use_teleworker"] == mode


def test_every_bad_setting_is_named_at_once(create) -> None:
    assert why(
        create,
        sip_port="a",
        dscp_sip="64",
        srtp_mode="maybe",
        downloads="11",
        colour="red",
        download_host="10.0.0.1",
        deployment_email="nobody",
        emergency_numbers="112,police",
    ).keys() == {
        "sip_port",
        "dscp_sip",
        "srtp_mode",
        "downloads",
        "colour",
        "download_host",
        "deployment_email",
        "emergency_numbers",
    }


def test_srtp_is_refused_without_tls(create) -> None:
    assert why(create, sip_transport="udp", srtp_mode="mandatory") == {
        "srtp_mode": "only with sip_transport=tls"
    }


def test_teleworker_needs_the_gateway_host(create) -> None:
    assert why(create, use_teleworker="on") == {"gateway_host": "mandatory with teleworker"}
    assert create(use_teleworker="on", gateway_host="edge.example.test")


def test_overriding_the_recipient_needs_an_address(create) -> None:
    assert why(create, override_email="on") == {"deployment_email": "mandatory with override_email"}


def test_a_codec_that_the_pbx_type_does_not_allow_is_refused(create) -> None:
    assert why(create, pbx_type="strict", audio_codec="opus") == {
        "audio_codec": "Strict PBX allows pcma, g722"
    }


def test_a_pbx_type_or_format_of_no_installed_plugin_is_refused(create) -> None:
    assert why(create, pbx_type="mivb").keys() == {"pbx_type"}
    assert why(create, client_format="zoiper").keys() == {"client_format"}


def test_a_dscp_value_may_be_a_name(create) -> None:
    assert create(dscp_audio="ef", dscp_sip="AF41").settings == {"dscp_audio": 46, "dscp_sip": 34}


def test_an_empty_text_goes_back_to_the_default(create, edit) -> None:
    create(dtmf="sip-info", downloads="5")

    assert edit(dtmf="").settings == {"downloads": 5}


def test_a_refused_change_changes_nothing(create, edit, store: Store) -> None:
    create(downloads="5")

    why(edit, downloads="6", sip_port="x")

    with store.read() as tx:
        assert profiles.get(tx, "staff").settings == {"downloads": 5}


def test_a_profile_survives_the_store(create, store: Store) -> None:
    made = create(emergency_numbers="112,911", verify_tls="off", pbx_host="pbx.example.test")

    with store.read() as tx:
        assert profiles.get(tx, "staff") == made


def test_a_change_makes_the_revision_grow(create, edit, store: Store) -> None:
    create()
    edit(downloads="5")

    with store.read() as tx:
        assert profiles.get(tx, "staff").revision == 2


def test_a_misspelt_profile_gets_a_suggestion(create, store: Store) -> None:
    create()

    with store.read() as tx, pytest.raises(UnknownName) as caught:
        profiles.get(tx, "stuff")
    assert "staff" in caught.value.hint


def test_a_profile_that_users_hold_is_not_deleted(
    make_user, store: Store, create, now: datetime
) -> None:
    create()
    user = make_user()
    with store.write() as tx:
        tx.users.change(user, {}, profiles.get(tx, "staff").id)

    with pytest.raises(InvalidInput, match="1 users hold it"):
        profiles.delete(store, "staff", actor="me", now=now)


def test_a_profile_whose_plugin_is_missing_loads_and_says_what_is_missing(plugins: Plugins) -> None:
    gone = Profile(id="p", name="staff", pbx_type="mivb")
    formless = Profile(id="p", name="staff", settings={"client_format": "linphone"})

    assert "mivb" in resolving.missing(gone, plugins)
    assert "linphone" in resolving.missing(formless, plugins)
    assert not resolving.missing(Profile(id="p", name="staff"), plugins)


def test_core_knows_one_client_format() -> None:
    assert [each.name for each in generic.client_formats()] == ["offhook"]
    assert all(isinstance(each, ClientFormat) for each in generic.client_formats())


def test_a_dns_srv_name_takes_no_port_and_is_no_address(create: Callable[..., Profile]) -> None:
    outside = {"use_teleworker": "on", "gateway_srv": "on"}

    assert why(create, **outside, gateway_host="192.0.2.1") == {
        "gateway_host": "with gateway_srv it is a name, not an address"
    }
    assert why(create, **outside, gateway_host="sip.test", gateway_port="5061") == {
        "gateway_port": "only with teleworker, without gateway_srv"
    }
    assert create(**outside, gateway_host="sip.test").settings["gateway_srv"] is True


def test_a_profile_that_somebody_else_changed_meanwhile_is_not_overwritten(
    store: Store, plugins: Plugins, now: datetime, create
) -> None:
    seen = create(dtmf="sip-info")

    def save(text: str) -> Profile:
        options = {"actor": "me", "now": now, "revision": seen.revision}
        return profiles.edit(store, plugins, "staff", {"dtmf": text}, **options)

    save("rfc4733")
    with pytest.raises(InvalidInput, match="somebody has changed it since"):
        save("sip-info")
    with store.read() as tx:
        assert profiles.get(tx, "staff").settings == {"dtmf": "rfc4733"}
