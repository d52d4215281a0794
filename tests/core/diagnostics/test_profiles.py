"""A profile is examined with what stands behind it: settings, names, its gateway."""

import pytest
from attrs import evolve

from offhook.api import Finding
from offhook.diagnostics import profiles as diagnostics
from offhook.doors import Plugins
from offhook.errors import UnknownName
from offhook.provisioning import connections, profiles
from tests.core.provisioning.gatewaying import Site

ADDRESSES = {"mbg.test": ["203.0.114.7"], "web.test": ["10.0.0.1"]}


@pytest.fixture
def site(store, now):
    """A site with a gateway and a profile of teleworkers."""
    return Site.build(store, now)


def examine(site, name="default"):
    found = diagnostics.examine(
        site.store, site.plugins, name, now=site.now, find=lambda host: ADDRESSES.get(host, [])
    )
    return [(each.level, each.code, each.summary) for each in found]


def edit(site, **texts):
    profiles.edit(site.store, site.plugins, "default", texts, actor="me", now=site.now)


def test_all_that_fits_is_said(site):
    assert examine(site) == [
        ("ok", "profile-settings", "Its settings go together."),
        ("ok", "profile-gateway-host", "MBG SIP host mbg.test is 203.0.114.7."),
    ]


def test_its_gateway_has_a_word_in_it(site):
    site.gateway.objects = Finding(level="failure", code="acme", summary="It speaks TCP only.")

    assert examine(site)[-1] == ("failure", "acme", "It speaks TCP only.")


def test_web_clients_are_looked_after_too(site):
    edit(site, webrtc_host="web.test")

    assert ("warning", "profile-webrtc-host") in [found[:2] for found in examine(site)]


def test_a_name_that_leads_to_another_machine_than_the_gateway_is_warned_about(site, monkeypatch):
    monkeypatch.setitem(ADDRESSES, "outer.test", ["203.0.114.8"])
    edit(site, gateway_host="outer.test")

    (warning,) = [summary for level, _, summary in examine(site) if level == "warning"]
    assert warning == (
        "MBG SIP host outer.test is 203.0.114.8 from here, its gateway mbg.test is 203.0.114.7."
    )


def test_without_teleworkers_no_gateway_is_asked(site):
    edit(site, use_teleworker="off", gateway_host="")

    assert [code for _, code, _ in examine(site)] == ["profile-settings", "profile-warning"]


def test_a_site_without_a_gateway_is_told_what_that_means(site):
    connections.remove(site.store, "edge", actor="me", now=site.now)

    assert examine(site)[-1][:2] == ("warning", "profile-gateway")


def test_a_gateway_that_cannot_be_used_is_a_finding(site):
    with site.store.write() as tx:
        tx.profiles.replace(evolve(profiles.get(tx, "default"), gateway="gone"))

    level, code, summary = examine(site)[-1]
    assert (level, code) == ("failure", "profile-gateway")
    assert "gone" in summary


def test_contradictions_are_failures(site):
    connections.remove(site.store, "edge", actor="me", now=site.now)
    with site.store.write() as tx:
        profile = profiles.get(tx, "default")
        settings = {"use_teleworker": "on", "override_email": True}
        tx.profiles.replace(evolve(profile, settings=settings))

    found = [summary for level, _, summary in examine(site) if level == "failure"]

    assert found == [
        "gateway_host: mandatory with teleworker.",
        "deployment_email: mandatory with override_email.",
    ]


def test_a_profile_that_is_not_there_is_named(site):
    with pytest.raises(UnknownName, match="nobody"):
        examine(site, "nobody")


@pytest.mark.parametrize(
    ("client_format", "noted"), [("linphone", True), ("acrobits", False), ("offhook", False)]
)
def test_codes_that_do_not_lead_through_the_redirect_service_are_noted(
    client_format, noted, store, now
):
    Site.build(store, now)
    plugins = Plugins.installed()
    options = {"host": "r.example.org", "sender": "it@example.org"}
    connections.add(store, plugins, "away", "redirect", options, actor="me", now=now)
    profiles.edit(store, plugins, "default", {"client_format": client_format}, actor="me", now=now)

    found = list(diagnostics.lint(store, plugins, "default", now=now))

    assert ([each.level for each in found if each.code == "profile-codes"] == ["note"]) is noted
