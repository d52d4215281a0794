"""What contradicts itself is refused, what an administrator should know is said, modes bind."""

from datetime import UTC, datetime

import pytest

from offhook import generic
from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.provisioning import profilerules, profiles, resolving
from tests.lab.pki import Pki

TODAY = datetime.now(UTC)


class Site:
    """A store and core's own plugin."""

    def __init__(self, store):
        self.store, self.plugins = store, Plugins({"generic": generic})

    def make(self, **texts):
        dotted = {name.replace("__", "."): text for name, text in texts.items()}
        return profiles.create(self.store, self.plugins, "staff", dotted, actor="me", now=TODAY)

    def why(self, **texts):
        with pytest.raises(InvalidInput) as caught:
            self.make(**texts)
        return {each.field: each.reason for each in caught.value.problems}

    def warnings(self, **texts):
        return " ".join(profilerules.warn(self.make(**texts), self.plugins))


@pytest.fixture
def site(store):
    return Site(store)


OUTSIDE = {"use_teleworker": "on", "gateway_host": "mbg.test"}


@pytest.mark.parametrize(
    ("texts", "setting", "reason"),
    [
        ({"sip_transport": "udp", "srtp_mode": "off"}, "srtp_mode", "only with sip_transport=tls"),
        ({"sip_transport": "tcp", "verify_tls": "on"}, "verify_tls", "only with sip_transport=tls"),
        ({"gateway_dtmf": "sip-info"}, "gateway_dtmf", "only with teleworker"),
        (
            {"pbx_srv": "on", "pbx_host": "sip.test", "sip_port": "5070"},
            "sip_port",
            "only with softphone, without pbx_srv",
        ),
        ({"pbx_srv": "on"}, "pbx_host", "with pbx_srv it is a name, not an address"),
        ({"verify_tls": "off", "ca_type": "custom"}, "ca_type", "only with sip_transport=tls and"),
        ({"ca_type": "custom"}, "custom_ca", "mandatory with a CA type custom: give custom_ca="),
        ({"ca_type": "vendor"}, "vendor_ca", "mandatory with a CA type vendor: give vendor_ca="),
        ({"override_email": "on"}, "deployment_email", "mandatory with override_email"),
        ({"mpa_port": "5060"}, "mpa_port", "only with an MPA host"),
        ({**OUTSIDE, "mpa_host": "mpa.test"}, "mpa_host", "only with softphone, without"),
        (
            {"mpa_host": "192.0.2.9", "mpa_transport": "tls"},
            "mpa_host",
            "with TLS and verification it is a name",
        ),
        ({"office_number_pause": "3"}, "office_number_pause", "only with an office number"),
        ({"fetch": "once", "refresh_interval": "60"}, "refresh_interval", "only with fetch always"),
    ],
)
def test_what_does_not_go_together_is_refused(site, texts, setting, reason):
    assert site.why(**texts)[setting].startswith(reason)


def test_an_authority_that_is_handed_out_is_kept_as_pem(site, pki: Pki):
    made = site.make(ca_type="custom", custom_ca=pki.root.read_text())

    told = resolving.resolve_for(made, None, site.plugins).told
    assert told["custom_ca"].value.startswith("-----BEGIN CERTIFICATE-----")


def test_a_mode_binds_as_the_profile_says(site):
    made = site.make(audio_codec__mode="default", dtmf="sip-info", dtmf__mode="Locked")

    modes = resolving.resolve_for(made, None, site.plugins).modes
    assert (modes["audio_codec"], modes["dtmf"], modes["dscp_sip"]) == (
        *("default", "locked"),
        "forced",
    )
    back = profiles.edit(
        site.store, site.plugins, "staff", {"dtmf.mode": ""}, actor="me", now=TODAY
    )
    assert resolving.resolve_for(back, None, site.plugins).modes["dtmf"] == "forced"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("dtmf__mode", "sometimes", "use one of default, forced, locked"),
        ("fetch__mode", "forced", "no client is told such a setting"),
        ("colour__mode", "forced", "no client is told such a setting"),
        ("use_softphone__mode", "locked", "its mode follows from its value: set use_softphone"),
    ],
)
def test_a_mode_that_cannot_be_is_refused(site, name, text, reason):
    assert site.why(**{name: text}) == {name.replace("__", "."): reason}


@pytest.mark.parametrize(
    ("value", "mode"),
    [("on", "default"), ("on-forced", "forced"), ("on-locked", "locked"), ("off", "default")],
)
def test_the_softphones_mode_follows_from_its_value(site, value, mode):
    resolved = resolving.resolve_for(site.make(use_softphone=value), None, site.plugins)

    assert resolved.modes["use_softphone"] == mode


@pytest.mark.parametrize(("value", "mode"), [("on", "default"), ("on-locked", "forced")])
def test_a_locked_teleworker_is_reset_by_an_update(site, value, mode):
    made = site.make(use_teleworker=value, gateway_host="mbg.test")

    assert resolving.resolve_for(made, None, site.plugins).modes["use_teleworker"] == mode


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({}, "phones off campus need it, iPhones always"),
        ({"sip_transport": "tcp"}, "HTC One"),
        ({**OUTSIDE, "gateway_transport": "tcp"}, "Some Android phones cannot use SIP over TCP"),
        ({"sip_transport": "udp"}, "travels in clear over UDP"),
        ({"realm": "pbx.test"}, "if the PBX says another, nobody registers"),
        ({"verify_tls": "off"}, "The certificate of the PBX is not verified"),
        ({**OUTSIDE, "gateway_verify_tls": "off"}, "certificate of the gateway is not verified"),
        (
            {**OUTSIDE, "gateway_srv": "on", "gateway_transport": "udp"},
            "over UDP none stands in for the gateway",
        ),
    ],
)
def test_what_is_to_be_known_is_said(site, texts, words):
    assert words in site.warnings(**texts)


def test_a_teleworker_over_tls_is_nothing_to_warn_of(site):
    assert site.warnings(**OUTSIDE) == ""


def test_clients_are_told_the_settings_of_the_side_where_they_register(site):
    made = site.make(**OUTSIDE, gateway_dtmf="sip-info", audio_codec="pcma")

    told = resolving.resolve_for(made, None, site.plugins).told
    assert told["gateway_dtmf"].value == "sip-info"
    assert "dtmf" not in told
    assert "audio_codec" not in told
