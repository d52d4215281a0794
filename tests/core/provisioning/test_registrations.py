"""A client that its gateway has seen registered is noted as such, once."""

from datetime import timedelta

import pytest

from offhook.api import Unreachable
from offhook.model.users import Selection
from offhook.provisioning import profiles, registrations, users
from tests.core.provisioning.gatewaying import Site


@pytest.fixture
def site(store, now):
    """A site with one gateway."""
    return Site.build(store, now)


def ask(site):
    return registrations.ask(site.store, site.plugins, Selection(), now=site.now)


def registered_at(site, number):
    with site.store.read() as tx:
        deployment = tx.deployments.current(users.find(tx, number).id)
    return deployment and deployment.registered_at


def test_each_is_there_or_not_or_it_cannot_be_told(site, make_user):
    for number in "123":
        make_user(number)
    site.gateway.registered = {"1": True, "2": False}

    report = ask(site)

    assert report.registered == {"1": True, "2": False}
    assert report.unknown == {"3": "the gateway does not tell"}


def test_who_registers_at_the_pbx_is_not_asked_for(site, make_user):
    make_user("1")
    off = {"use_teleworker": "off"}
    profiles.edit(site.store, site.plugins, "default", off, actor="", now=site.now)

    assert ask(site).unknown == {"1": "its client registers at the PBX, which does not tell"}


def test_a_gateway_that_is_down_is_the_reason(site, make_user):
    make_user("1")
    site.gateway.down = Unreachable("It does not answer.")

    assert ask(site).unknown == {"1": "It does not answer."}


def test_the_deployment_of_whoever_came_says_so_and_nobody_asks_again(site, make_user, issue):
    for number in "12":
        issue(make_user(number))
        with site.store.write() as tx:
            current = tx.deployments.current(f"user-{number}")
            tx.deployments.note(current.id, downloaded_at=site.now)
    site.gateway.registered = {"1": True, "2": False}

    registrations.look_after(site.store, site.plugins, now=site.now)

    assert (registered_at(site, "1"), registered_at(site, "2")) == (site.now, None)
    site.gateway.asked.clear()
    registrations.look_after(site.store, site.plugins, now=site.now + timedelta(minutes=10))
    assert site.gateway.asked == [1]
    registrations.look_after(site.store, site.plugins, now=site.now + timedelta(days=8))
    assert site.gateway.asked == [1]
