"""This installation and a profile are compared with the plan."""

import pytest

from offhook.settings import ProcessSettings
from offhook.topology.comparisons import compare_profile, compare_settings

RIGHT = {
    "public_url": "https://phones.example.org",
    "downloads_listen": "10.1.0.20:443",
    "trusted_proxies": ("10.2.0.0/24",),
}


def test_a_profile_as_planned_is_told_so(make_plan):
    plan = make_plan("lan-dmz")
    settings = {**plan.profiles[0].settings, "use_teleworker": "on-locked"}

    (found,) = compare_profile(plan, settings, "staff")
    assert (found.level, found.summary) == (
        *("ok", "Profile staff is as planned for sip.example.org."),
    )


def test_what_differs_in_a_profile_is_said_with_the_command_that_corrects_it(make_plan):
    plan = make_plan("lan-dmz")
    settings = {**plan.profiles[0].settings, "gateway_transport": "udp"}

    (found,) = compare_profile(plan, settings, "staff")
    assert found.summary == "Profile staff: gateway_transport is udp, planned is tls."
    assert found.action == "offhook profiles edit staff gateway_transport=tls"


def test_a_profile_for_another_gateway_is_a_failure(make_plan):
    plan = make_plan("lan-dmz")
    settings = {**plan.profiles[0].settings, "gateway_host": "mbg.elsewhere.test"}

    (found,) = compare_profile(plan, settings, "staff")
    assert found.level == "failure"
    assert "gateway_host=sip.example.org" in found.action


def test_an_installation_as_planned_is_told_so(make_plan):
    (found,) = compare_settings(make_plan("lan-dmz"), ProcessSettings(**RIGHT))

    assert found.level == "ok"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"public_url": "https://localhost:8443"}, "public_url is https://localhost:8443"),
        ({"downloads_listen": "10.1.0.20:8443"}, "downloads_listen has port 8443"),
        ({"trusted_proxies": ("10.2.0.11",)}, "trusted_proxies lacks 10.2.0.12:"),
        ({"trusted_proxies": ("mbg1",)}, "trusted_proxies lacks 10.2.0.11, 10.2.0.12:"),
    ],
)
def test_what_differs_in_the_settings_is_said(make_plan, wrong, said):
    (found,) = compare_settings(make_plan("lan-dmz"), ProcessSettings(**{**RIGHT, **wrong}))

    assert found.level == "warning"
    assert found.summary.startswith(said)


def test_reached_directly_offhook_needs_to_trust_nobody(make_plan):
    plan = make_plan("lan-dmz", offhook={"outside": "203.0.113.20"})
    settings = ProcessSettings(**{**RIGHT, "trusted_proxies": ()})

    (found,) = compare_settings(plan, settings)
    assert found.level == "ok"
