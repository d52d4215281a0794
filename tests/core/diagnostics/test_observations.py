"""Proxies in the environment, and names that lead elsewhere, are told without any failure."""

import pytest

from offhook.diagnostics.observations import of_addresses, of_environment
from offhook.model.probes import Outcome

HOST = "phones.example.org"


def codes(inside, hop="", others=(), *, from_outside=False):
    outcome = Outcome(stage="http", kind="ok", code="200", hop=hop, others=others)
    found = of_addresses(HOST, inside, outcome, from_outside=from_outside)
    return [(each.level, each.code) for each in found]


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "all_proxy"])
def test_a_proxy_in_the_environment_is_a_finding_that_hides_its_password(name):
    (found,) = of_environment({name: "http://user:s3cret@proxy.example.org", "no_proxy": "*"})

    assert (found.level, found.code) == ("warning", "proxy-variable")
    assert name in found.summary
    assert "s3cret" not in str(found)


@pytest.mark.parametrize("environ", [{}, {"https_proxy": ""}, {"no_proxy": "*"}])
def test_without_a_proxy_all_is_well(environ):
    assert [each.level for each in of_environment(environ)] == ["ok"]


def test_dns_that_answers_differently_inside_is_told():
    assert codes(["10.1.2.3"], "203.0.114.7:443", from_outside=True) == [("note", "dns-differs")]
    assert codes(["10.1.2.3"], "[2a00:1450::1]:443", from_outside=True) == [("note", "dns-differs")]


def test_dns_that_answers_alike_is_not_worth_a_word():
    assert codes(["203.0.114.7"], "203.0.114.7:443", from_outside=True) == []
    assert codes(["203.0.114.7"]) == []


def test_an_inner_address_is_told_where_nobody_looked_from_outside():
    assert codes(["10.1.2.3"], "10.1.2.3:443") == [("note", "dns-inner-address")]


def test_a_name_with_ipv6_only_is_warned_about_even_where_it_works():
    assert codes(["2a00:1450::1"], "[2a00:1450::1]:443") == [("warning", "ipv6-only-name")]


def test_a_dead_address_beside_a_good_one_is_warned_about():
    others = ("203.0.114.8:443 ECONNREFUSED",)

    assert codes(["203.0.114.7"], others=others) == [("warning", "address-dead")]


def test_a_machine_without_ipv6_does_not_blame_the_name():
    assert codes(["203.0.114.7"], others=("[2a00:1450::1]:443 ENETUNREACH",)) == []


def test_a_name_server_as_the_hop_is_no_address_of_the_host():
    assert codes(["203.0.114.7"], "10.0.0.53", from_outside=True) == []
