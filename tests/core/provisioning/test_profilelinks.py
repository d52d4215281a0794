"""What a profile is called and which connections it names: nothing that cannot be."""

import pytest

from offhook.errors import InvalidInput
from offhook.provisioning import profiles
from tests.core.provisioning.gatewaying import Site


@pytest.fixture
def site(store, now):
    """A site with a gateway, edge."""
    return Site.build(store, now)


def why(site, **texts):
    with pytest.raises(InvalidInput) as caught:
        profiles.edit(site.store, site.plugins, "default", texts, actor="me", now=site.now)
    [problem] = caught.value.problems
    return problem.field, problem.reason


@pytest.mark.parametrize("field", ["transport", "gateway"])
def test_a_connection_that_is_not_there_is_refused_with_those_that_are(site, field):
    assert why(site, **{field: "egde"}) == (field, "there is no such connection; there are: edge")


def test_a_connection_of_another_kind_is_refused(site):
    reason = "this connection is no transport, or its plugin is missing"

    assert why(site, transport="edge") == ("transport", reason)


def test_a_profile_without_mails_or_with_the_sites_gateway_can_be_saved(site):
    for texts in ({"transport": "none", "gateway": "edge"}, {"transport": "", "gateway": ""}):
        changed = profiles.edit(
            site.store, site.plugins, "default", texts, actor="me", now=site.now
        )
        assert {"transport": changed.transport, "gateway": changed.gateway} == texts


@pytest.mark.parametrize("name", ["", " a", "a\nb", "a\x1b[2J", "a" * 251])
def test_a_name_that_nobody_can_type_is_refused(site, name):
    with pytest.raises(InvalidInput, match="cannot have this name"):
        profiles.copy(site.store, "default", name, actor="me", now=site.now)


@pytest.mark.parametrize("setting", ["voicemail_number", "realm"])
def test_a_text_of_two_lines_is_refused(site, setting):
    realm = {"realm": "gateway_realm"}.get(setting, setting)

    assert why(site, **{realm: "*99\n#1"}) == (
        realm,
        "it holds a line break or another control character",
    )
