"""A gateway names itself to profiles, and says whether their CA type fits its certificate."""

from typing import Any

import pytest

from offhook.api import Finding, Settings
from tests.lab.pki import Pki
from tests.plugins.mbg_system import System, door, running

OUTSIDE = {"use_teleworker": "on", "gateway_host": "mbg.test"}


def said(system: System, **settings: Any) -> list[Finding]:
    asked = Settings(**{**OUTSIDE, **settings})
    return list(door().check_settings(system.connection(), asked))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, {"gateway_host": "localhost", "webrtc_host": "localhost"}),
        ({"sip_host": "out.test"}, {"gateway_host": "out.test", "webrtc_host": "out.test"}),
        ({"sip_host": "192.0.2.7"}, {"gateway_host": "192.0.2.7"}),
    ],
)
def test_clients_use_its_own_name_or_the_one_of_the_options(
    pki: Pki, options: dict[str, str], wanted: dict[str, str]
) -> None:
    with running(pki, let_in=False) as system:
        assert door().profile_defaults(system.connection(**options)) == wanted


@pytest.mark.parametrize(
    ("certificate", "ca_type", "level"),
    [
        ("Mitel", "vendor", "ok"),
        ("Web server", "public", "ok"),
        ("Mitel", "public", "failure"),
        ("Web server", "vendor", "failure"),
        ("Something new", "public", "note"),
    ],
)
def test_the_ca_type_must_fit_the_sip_tls_certificate(
    pki: Pki, certificate: str, ca_type: str, level: str
) -> None:
    with running(pki) as system:
        system.simulator.settings.certificate = certificate
        (finding,) = said(system, gateway_ca_type=ca_type)

    assert (finding.level, finding.code) == (level, "mbg-sip-tls")
    if level == "failure":
        fitting = {"public": "vendor", "vendor": "public"}[ca_type]
        assert f"gateway_ca_type={fitting}" in finding.action


def test_of_a_custom_ca_nothing_can_be_told(pki: Pki) -> None:
    with running(pki) as system:
        (finding,) = said(system, gateway_ca_type="custom")
        assert system.simulator.calls == {}

    assert finding.level == "note"


@pytest.mark.parametrize("settings", [{"gateway_transport": "tcp"}, {"gateway_verify_tls": False}])
def test_without_verification_no_certificate_matters(pki: Pki, settings: dict[str, Any]) -> None:
    with running(pki) as system:
        assert said(system, **settings) == []


def test_a_gateway_that_cannot_be_asked_leaves_a_note(pki: Pki) -> None:
    with running(pki, let_in=False) as system:
        (finding,) = said(system)

    assert finding.level == "note"
    assert "could not be asked" in finding.summary


def test_web_clients_that_go_elsewhere_are_warned_about(pki: Pki) -> None:
    with running(pki) as system:
        system.simulator.settings.certificate = "Web server"
        found = said(system, webrtc_host="inside.test")
        same = said(system, webrtc_host="MBG.test")

    assert [each.code for each in found] == ["mbg-webrtc", "mbg-sip-tls"]
    assert "webrtc_host=mbg.test" in found[0].action
    assert [each.code for each in same] == ["mbg-sip-tls"]
