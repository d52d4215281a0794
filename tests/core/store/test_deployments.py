"""Tokens in the store: one open per user, ended in time, forgotten after a while."""

import threading
from datetime import timedelta

import pytest

from offhook.model.settings import Settings
from offhook.provisioning import pacing, tokens


@pytest.fixture
def new(now):
    """Make a deployment for a user, issued at some time."""
    return lambda user, at=now: tokens.issue(user.id, Settings(), campaign_id="c", now=at)


def at_the_same_time(store, first, second):
    """Run *second* in a transaction that begins before the one of *first* has ended."""
    begun = threading.Event()

    def run():
        begun.set()
        with store.write() as tx:
            second(tx)

    other = threading.Thread(target=run)
    with store.write() as tx:
        first(tx)
        other.start()
        begun.wait(5)
        other.join(0.3)
    other.join(10)
    assert not other.is_alive()


def test_of_two_links_made_at_the_same_time_one_lives(store, make_user, new):
    user = make_user()
    one, two = new(user), new(user)

    at_the_same_time(
        store, lambda tx: tx.deployments.add([one]), lambda tx: tx.deployments.add([two])
    )

    with store.read() as tx:
        states = {each.id: each.token_state for each in tx.deployments.of_user(user.id)}
        assert tx.deployments.current(user.id).id == two.deployment.id
    assert states == {one.deployment.id: "revoked", two.deployment.id: "open"}


def test_an_event_raised_by_two_at_the_same_time_is_one(store, now):
    def tell(text):
        return lambda tx: tx.events.raise_once("major", "code", "mail", text, now)

    at_the_same_time(store, tell("refused"), tell("refused again"))

    with store.write() as tx:
        assert [each.text for each in tx.events.latest()] == ["refused again"]
        tx.events.resolve(["code"], ["mail"], now)
        tx.events.raise_once("major", "code", "mail", "and again", now)
        assert len(tx.events.latest()) == 2


def test_tokens_past_their_end_are_marked_and_their_texts_wiped(store, make_user, new, now):
    users = [make_user(str(number)) for number in range(5)]
    old = [new(user, now - timedelta(weeks=7)) for user in users[:3]]
    young = new(users[3])
    ended = new(users[4], now - timedelta(weeks=7))
    with store.write() as tx:
        tx.deployments.add([*old, young, ended])
        tx.deployments.revoke([users[4].id])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "BATCH", 2)
        pacing.repeat(store, lambda tx, limit: tx.deployments.expire(now, limit))

    with store.read() as tx:
        for each in old:
            assert tx.deployments.get(each.deployment.id).token_state == "expired"
            assert tx.deployments.token_text(each.deployment.id) is None
        assert tx.deployments.get(young.deployment.id).token_state == "open"
        assert tx.deployments.token_text(young.deployment.id) == young.token
        assert tx.deployments.get(ended.deployment.id).token_state == "revoked"


def test_a_token_is_forgotten_when_it_has_ended_and_is_old(store, make_user, new, now):
    users = [make_user(str(number)) for number in range(3)]
    ended, alive, young = new(users[0]), new(users[1]), new(users[2], now + timedelta(days=1))
    with store.write() as tx:
        tx.deployments.add([ended, alive, young])
        tx.deployments.revoke([users[0].id, users[2].id])
        assert tx.deployments.forget_hashes(now + timedelta(hours=1), 10) == 1
        assert tx.deployments.forget_hashes(now + timedelta(hours=1), 10) == 0

        known = [each for each in (ended, alive, young) if tx.deployments.by_token(each.token_hash)]
        assert known == [alive, young]


def test_grants_are_deleted_when_they_have_ended(store, make_user, new, now):
    user = make_user()
    one = new(user)
    with store.write() as tx:
        tx.deployments.add([one])
        tx.deployments.add_grant("ended", one.deployment.id, now - timedelta(minutes=1))
        tx.deployments.add_grant("alive", one.deployment.id, now + timedelta(minutes=9))
        tx.deployments.delete_grants(now)
        before = now - timedelta(hours=1)
        assert set(tx.deployments.owned_by_grants(["ended", "alive"], before)) == {"alive"}
