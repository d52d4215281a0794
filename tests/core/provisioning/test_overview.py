"""Connections are listed with what tells them apart, and how they stand with their system."""

from datetime import timedelta

from attrs import evolve

from offhook import generic
from offhook.doors import Plugins
from offhook.provisioning import overview
from tests.core.provisioning.gatewaying import LIFE, Site


def edge(site):
    """Return the line of the connection."""
    (line,) = overview.list_connections(site.store, site.plugins, now=site.now)
    return line


def test_a_gateway_is_listed_with_its_host_and_how_it_stands(store, now):
    site = Site.build(store, now)
    line = edge(site)
    assert (line.name, line.plugin, line.host, line.state) == ("edge", "mbg", "mbg.test", "ready")
    assert line.authorizes
    assert (line.token_id, line.verified, line.expires_in_days) == ("", False, None)

    site.begin()
    assert (edge(site).token_id, edge(site).verified) == ("#1", False)
    site.finish()
    site.now += timedelta(days=2)

    line = edge(site)
    assert (line.token_id, line.verified, line.expires_in_days) == ("#2", True, LIFE.days - 2)


def test_a_connection_without_its_plugin_is_listed_all_the_same(store, now):
    site = Site.build(store, now)
    alone = evolve(site, plugins=Plugins({"generic": generic}))

    line = edge(alone)

    assert line.id == edge(site).id
    assert line.state.startswith("unavailable")
    assert (line.host, line.authorizes) == ("", False)
