"""What a plugin that is a redirect service answers is looked at before core believes it."""

from datetime import UTC, datetime

import pytest

from offhook.api import Outcome, OutsideView, Probe, Route
from offhook.errors import PluginError
from tests.core.doors.acme import CONNECTION, door

FINE = Outcome(stage="after", kind="ok")
PROBE = Probe(scheme="https", host="phones.example.org", port=443)


def test_a_route_comes_back():
    route = Route(address="https://r.example.org/abc", expires_at=datetime(2026, 12, 1, tzinfo=UTC))
    plugins = door(open_route=lambda host, port: route if (host, port) == ("h", 443) else None)

    assert plugins.open_route(CONNECTION, "h", 443, "offhook") == route


def test_an_address_alone_is_no_route():
    plugins = door(open_route=lambda: "https://r.example.org/abc")

    with pytest.raises(PluginError, match="open_route answered str instead of Route"):
        plugins.open_route(CONNECTION, "h", 443, "offhook")


@pytest.mark.parametrize("outcomes", [(), (FINE, FINE)], ids=["no proof", "one each"])
def test_an_outside_view_has_an_outcome_for_each_probe_or_none(outcomes: tuple[Outcome, ...]):
    view = OutsideView(proof=FINE, outcomes=outcomes)
    plugins = door(probe=lambda: view)

    assert plugins.probe(CONNECTION, PROBE.host, [PROBE, PROBE]) == view


def test_outcomes_that_belong_to_no_probe_are_not_believed():
    plugins = door(probe=lambda: OutsideView(proof=FINE, outcomes=(FINE,)))

    with pytest.raises(PluginError, match="more or fewer outcomes"):
        plugins.probe(CONNECTION, PROBE.host, [PROBE, PROBE])
