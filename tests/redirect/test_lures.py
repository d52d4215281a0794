"""Names that lure the service into the network where it stands: a real resolver, real addresses."""

import json

import pytest

from tests.lab.network import run_inside
from tests.redirect import lures

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the service said of every name, and what was heard inside."""
    folder = tmp_path_factory.mktemp("lures")
    run_inside("tests.redirect.lures", [str(folder)], folder, {}, limit=120)
    return json.loads((folder / lures.SEEN).read_text())


def test_nobody_inside_ever_hears_of_it(seen):
    assert seen["heard_inside"] == []
    assert seen["heard_outside"] > 0, "or the test proves nothing"


def test_a_host_on_the_internet_is_tried_and_gets_a_route(seen):
    first, second, route = seen["told"]["steady"]

    for told in (first, second):
        assert told["proof"]["kind"] == "ok"
        assert [each["hop"] for each in told["outcomes"]] == [f"{lures.PUBLIC}:443"] * 2
    assert route["address"].startswith("https://")


@pytest.mark.parametrize("name", ["rebinding", "rebinding-to-loopback"])
def test_a_name_that_changes_its_mind_is_believed_once_and_not_again(seen, name):
    first, second, route = seen["told"][name]

    assert first["proof"]["kind"] == "ok"
    assert {each["hop"] for each in first["outcomes"]} == {f"{lures.PUBLIC}:443"}
    assert (second["proof"]["code"], second["outcomes"]) == ("private", [])
    assert route["code"] == "unproved"


@pytest.mark.parametrize(
    "name", [name for name in lures.ANSWERS if not name.startswith(("steady", "re"))]
)
def test_a_name_that_leads_inside_is_refused_before_anything_connects(seen, name):
    first, second, route = seen["told"][name]

    for told in (first, second):
        assert (told["proof"]["stage"], told["proof"]["code"]) == ("dns", "private")
        assert told["outcomes"] == []
    assert route["code"] == "unproved"


def test_a_redirect_is_not_followed(seen):
    first, _, route = seen["told"]["redirecting"]

    assert (first["proof"]["kind"], first["proof"]["code"]) == ("status", "302")
    assert route["code"] == "unproved"
