"""What a gateway wants of its clients reaches the profiles that name it, and leaves with it."""

import pytest

from offhook.api import Secret
from offhook.errors import InvalidInput, PluginError
from offhook.model.documents import Credentials
from offhook.provisioning import connections, documents, profiles, resolving
from tests.core.provisioning.gatewaying import Site

ME = {"actor": "me"}


@pytest.fixture
def site(store, now):
    """A site whose gateway "edge" says what clients should use."""
    return Site.build(store, now)


def add(site, name, host, **options):
    connections.add(
        *(site.store, site.plugins, name, "mbg", {"host": host}), **options, **ME, now=site.now
    )


def edit(site, profile, **texts):
    profiles.edit(site.store, site.plugins, profile, texts, **ME, now=site.now)


def host_of(site, name):
    """Return the MBG SIP host of a profile, who set it, and the profile's revision."""
    with site.store.read() as tx:
        profile = profiles.get(tx, name)
    resolved = resolving.resolve_for(profile, None, site.plugins)
    return resolved.settings.gateway_host, resolved.origins["gateway_host"], profile.revision


@pytest.fixture
def outside(site):
    """A profile of teleworkers that says nothing of a host."""
    texts = {"use_teleworker": "on"}
    profiles.create(site.store, site.plugins, "outside", texts, **ME, now=site.now)
    return "outside"


def test_the_local_gateway_names_itself(site, outside):
    assert host_of(site, outside) == ("mbg.test", "its gateway", 1)


def test_the_profile_has_the_last_word(site, outside):
    edit(site, outside, gateway_host="public.test")

    assert host_of(site, outside)[:2] == ("public.test", "profile outside")


def test_a_gateway_that_moves_takes_its_clients_with_it(site, outside):
    new = {"host": "moved.test"}
    connections.change(site.store, site.plugins, "edge", new, **ME, now=site.now)

    assert host_of(site, outside) == ("moved.test", "its gateway", 2)


def test_another_gateway_of_the_profile_or_the_site_counts_at_once(site, outside):
    add(site, "other", "other.test")
    assert host_of(site, outside)[0] == "mbg.test"
    edit(site, outside, gateway="other")
    assert host_of(site, outside)[0] == "other.test"
    edit(site, outside, gateway="")
    add(site, "inner", "inner.test", local=True)
    assert host_of(site, outside)[0] == "inner.test"


def test_without_a_gateway_a_profile_has_to_name_the_host(site):
    edit(site, "default", use_teleworker="off", gateway_host="")
    connections.remove(site.store, "edge", **ME, now=site.now)

    with pytest.raises(InvalidInput, match="mandatory with teleworker"):
        edit(site, "default", use_teleworker="on")


def test_a_plugin_that_speaks_of_unknown_settings_is_named(site):
    site.gateway.wants = {"colour": "red"}

    with pytest.raises(PluginError, match=r"(?s)mbg.*colour"):
        add(site, "other", "other.test")


def test_by_dns_srv_a_client_looks_up_the_port_itself(site, outside, make_user):
    edit(site, outside, gateway_srv="on", gateway_host="sip.test")
    user = make_user("1", gateway_username="u-1", gateway_password=Secret("s3cret"))
    with site.store.read() as tx:
        resolved = resolving.resolve_for(profiles.get(tx, outside), user, site.plugins)

    (account,) = documents.build(user, resolved).accounts

    assert isinstance(account.credentials, Credentials)
    assert (account.credentials.host, account.port) == ("sip.test", 0)
    assert "gateway_port" not in resolved.told


def set_site(site, **texts):
    profiles.change_site(site.store, site.plugins, texts, **ME, now=site.now)


def resolved(site, user=None):
    with site.store.read() as tx:
        profile = profiles.get(tx, "default")
    found = resolving.resolve_for(profile, user, site.plugins)
    return found.settings, found.origins, profile.revision


def test_the_site_wins_over_profile_and_user(site, make_user):
    edit(site, "default", use_teleworker="off", gateway_host="", token_lifetime="1w")
    user = make_user("1", client_service_host="own.test")
    assert resolved(site, user)[0].client_service_host == "own.test"

    set_site(site, token_lifetime="30min", client_service_host="all.test", mpa_host="mpa.test")

    settings, origins, _ = resolved(site, user)
    assert (settings.token_lifetime, settings.client_service_host) == ("30min", "all.test")
    assert origins["token_lifetime"] == origins["client_service_host"] == "the site"


def test_what_the_site_no_longer_says_profiles_say_again(site):
    edit(site, "default", token_lifetime="1w")
    set_site(site, token_lifetime="2w")
    before = resolved(site)[2]
    set_site(site, token_lifetime="")

    settings, origins, revision = resolved(site)
    assert (settings.token_lifetime, origins["token_lifetime"]) == ("1w", "profile default")
    assert revision == before + 1


def test_a_new_profile_follows_the_site_at_once(site):
    set_site(site, token_lifetime="2w")
    made = profiles.create(site.store, site.plugins, "new", {}, **ME, now=site.now)

    assert resolving.resolve_for(made, None, site.plugins).settings.token_lifetime == "2w"


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"dtmf": "sip-info"}, "is one of profiles; of the site are"),
        ({"token_lifetime": "7w"}, "use one of 30min"),
        ({"mpa_port": "x"}, "use a whole number"),
    ],
)
def test_what_the_site_cannot_say_is_refused(site, texts, reason):
    with pytest.raises(InvalidInput, match=reason):
        set_site(site, **texts)


def test_analytics_are_told_to_accounts_at_the_pbx_only(site):
    set_site(site, mpa_host="mpa.test")
    with site.store.read() as tx:
        outside = profiles.get(tx, "default")
    assert "mpa_host" not in resolving.resolve_for(outside, None, site.plugins).told
    edit(site, "default", use_teleworker="off", gateway_host="")
    with site.store.read() as tx:
        inside = profiles.get(tx, "default")

    told = resolving.resolve_for(inside, None, site.plugins).told
    assert (told["mpa_host"].value, told["mpa_transport"].value) == ("mpa.test", "udp")


def test_what_would_break_a_profile_is_refused_with_its_name_and_nothing_changes(site):
    edit(
        *(site, "default"),
        use_teleworker="off",
        gateway_host="",
        mpa_host="mpa.test",
        mpa_transport="tls",
    )
    before = resolved(site)

    with pytest.raises(InvalidInput) as caught:
        set_site(site, mpa_host="192.0.2.7")

    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("default: mpa_host", "192.0.2.7")
    assert resolved(site) == before
