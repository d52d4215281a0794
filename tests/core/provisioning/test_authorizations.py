"""A gateway lets us in, is asked to again in time, and somebody is told when it will not."""

import pytest

from offhook.api import Begin, Finish, Refused, Renew, Secret, Unreachable
from offhook.errors import InvalidInput
from offhook.provisioning import authorizations, connections
from tests.core.provisioning.gatewaying import LIFE, Site

FAILED = ("authorization-renewal-failed", "warning")
ENDS_28, ENDS_14, ENDS_0 = (
    ("authorization-ends-28", "warning"),
    ("authorization-ends-14", "minor"),
    ("authorization-ends-0", "major"),
)


@pytest.fixture
def site(store, now):
    """A site with one gateway."""
    return Site.build(store, now)


def connection(site):
    return connections.get(site.store, site.plugins, "edge")


def test_a_request_is_approved_and_the_token_is_kept_sealed(site):
    asked = site.begin()
    assert (asked.state, asked.approve_at) == ("requested", "https://mbg.test/approve")

    given = site.finish()

    assert connection(site).authorization == given
    assert (given.token, given.expires_at) == (Secret("token-2"), site.now + LIFE)
    with site.store.engine.connect() as raw:
        rows = raw.exec_driver_sql("SELECT * FROM offhook_authorization").all()
    assert "token-2" not in str([tuple(row) for row in rows])


def test_a_verifier_without_a_request_and_a_second_request_are_refused(site):
    with pytest.raises(InvalidInput, match="Nobody has asked"):
        site.finish()
    site.let_in()
    with pytest.raises(InvalidInput, match="is authorised already"):
        site.begin()
    assert site.begin(again=True).state == "requested"


def bring(site, token, verifier="1234"):
    return authorizations.take_callback(
        site.store, site.plugins, token, Secret(verifier), actor="browser", now=site.now
    )


def test_the_request_token_finds_the_request_that_the_browser_answers(site):
    asked = site.begin(callback="https://portal.test/authorized")
    assert site.gateway.steps == [Begin("https://portal.test/authorized")]
    assert bring(site, "another") is None
    assert authorizations.answer_to(site.store, "edge", asked) is None

    name, given = bring(site, asked.token.reveal())

    assert (name, given.state) == ("edge", "verified")
    assert site.gateway.steps[1:] == [Finish(Secret("1234"))]
    assert authorizations.answer_to(site.store, "edge", asked) == given
    with site.store.read() as tx:
        latest = tx.audit.latest()[0]
    assert (latest.actor, latest.action, latest.subject) == ("browser", "authorised", "edge")


def test_an_answer_counts_once_and_a_token_that_counts_is_no_request(site):
    asked = site.begin()
    bring(site, asked.token.reveal())

    assert bring(site, asked.token.reveal()) is None
    assert bring(site, site.stored().authorization.token.reveal()) is None
    assert len(site.gateway.steps) == 2


def test_an_answer_without_a_verifier_is_a_denial_and_ends_the_request(site):
    asked = site.begin()

    with pytest.raises(Refused, match="denied at the gateway"):
        bring(site, asked.token.reveal(), "")

    assert site.stored() is None
    with pytest.raises(Refused, match="denied at the gateway"):
        authorizations.answer_to(site.store, "edge", asked)


def test_a_gateway_that_fails_at_the_last_step_leaves_the_request_to_be_tried_again(site):
    asked = site.begin()
    site.gateway.down = Unreachable("It does not answer.")
    with pytest.raises(Unreachable):
        bring(site, asked.token.reveal())
    site.gateway.down, site.gateway.steps = None, site.gateway.steps[:1]

    assert bring(site, asked.token.reveal())


def test_who_waits_is_told_that_another_request_has_taken_the_place(site):
    asked = site.begin()
    site.begin()

    with pytest.raises(Refused, match="Somebody else has asked"):
        authorizations.answer_to(site.store, "edge", asked)


def test_another_host_is_another_system_another_port_is_not(site):
    site.let_in()
    change = {"store": site.store, "plugins": site.plugins, "name": "edge"}
    connections.change(**change, texts={"port": "8443"}, actor="me", now=site.now)
    assert connection(site).authorization
    connections.change(**change, texts={"host": "other.test"}, actor="me", now=site.now)
    assert connection(site).authorization is None


def test_a_year_of_renewals_raises_nothing(site):
    site.let_in()

    site.wait(365)

    assert sum(isinstance(step, Renew) for step in site.gateway.steps) == 365 // 28
    assert site.events(everything=True) == []
    assert site.stored().authorization.expires_at > site.now + LIFE / 2


def test_renewals_that_fail_to_the_end_are_told_once_each_and_a_success_ends_it(site):
    site.let_in()
    site.gateway.down = Unreachable("It does not answer.")

    site.wait(28)
    assert site.events() == [FAILED]
    site.wait(LIFE.days - 28 - 29)
    assert site.events() == [FAILED]
    site.wait(1)
    assert site.events() == [ENDS_28, FAILED]
    site.wait(14)
    assert site.events() == [ENDS_14, ENDS_28, FAILED]
    site.wait(14)
    assert site.events() == [ENDS_0, ENDS_14, ENDS_28, FAILED]
    site.wait(30)
    assert site.events(everything=True) == [ENDS_0, ENDS_14, ENDS_28, FAILED]

    site.gateway.down = None
    site.gateway.steps = site.gateway.steps[:2]
    site.wait(1)
    assert site.events() == []
    assert site.stored().failing == ""


@pytest.mark.parametrize("change", ["another host", "removed"])
def test_nobody_is_told_of_an_authorisation_that_is_gone(site, change):
    site.let_in()
    site.gateway.down = Unreachable("It does not answer.")
    site.wait(LIFE.days)
    assert FAILED in site.events()

    told = {"actor": "me", "now": site.now}
    if change == "removed":
        connections.remove(site.store, "edge", **told)
    else:
        connections.change(site.store, site.plugins, "edge", {"host": "other.test"}, **told)

    assert site.events() == []


def test_a_failed_renewal_by_hand_says_why_and_keeps_the_token(site):
    site.let_in()
    site.gateway.down = Unreachable("It does not answer.")

    with pytest.raises(Unreachable):
        authorizations.renew(site.store, site.plugins, "edge", actor="me", now=site.now)

    assert connection(site).authorization.token == Secret("token-2")
    assert site.stored().failing == "It does not answer."
