"""Host names of a profile are looked up from here, and what clients will find is said."""

import pytest

from offhook.diagnostics.names import (
    Target,
    examine_host,
    examine_service,
    look_up,
    look_up_service,
)
from tests.lab.dns import run_dns

SRV = "_sips._tcp.sip.example.test"


def said(findings):
    return [(each.level, each.summary) for each in findings]


def examine(host, **addresses):
    return said(examine_host("c", "MBG SIP host", host, lambda name: addresses.get(name, [])))


def test_a_public_address_is_shown():
    assert examine("mbg", mbg=["203.0.114.7", "2a00:1450::1"]) == [
        ("ok", "MBG SIP host mbg is 203.0.114.7, 2a00:1450::1.")
    ]


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "127.0.0.1", "fd00::1", "fe80::1"])
def test_an_address_that_is_not_public_is_warned_about(address):
    ((level, summary),) = examine("mbg", mbg=["203.0.114.7", address])

    assert level == "warning"
    assert summary.endswith(f"{address} is not public.")


def test_an_address_in_place_of_a_name_is_not_looked_up():
    assert examine("203.0.114.7") == [("ok", "MBG SIP host 203.0.114.7 is 203.0.114.7.")]


def test_a_name_that_nobody_knows_is_a_failure():
    assert examine("mbg") == [("failure", "MBG SIP host mbg cannot be resolved from here.")]


def test_this_machine_finds_itself_and_nothing_under_a_name_that_cannot_be():
    assert "127.0.0.1" in look_up("localhost")
    assert look_up("x" * 300) == []


def test_dns_srv_is_asked_of_a_real_server_and_shown_in_the_order_of_clients():
    records = {
        (SRV, "SRV"): ["20 0 5061 b.example.test.", "10 60 5071 a.example.test."],
    }
    with run_dns(records) as resolver:
        found = look_up_service(SRV, resolver)
        assert look_up_service("_sip._udp.sip.example.test", resolver) == []

    assert found == [
        Target(priority=10, weight=60, port=5071, host="a.example.test"),
        Target(priority=20, weight=0, port=5061, host="b.example.test"),
    ]


@pytest.mark.parametrize(
    ("transport", "query"), [("tls", "_sips._tcp"), ("tcp", "_sip._tcp"), ("udp", "_sip._udp")]
)
def test_each_transport_has_its_service_and_each_target_its_address(transport, query):
    targets = {f"{query}.sip.test": [Target(priority=1, weight=2, port=5061, host="a.test")]}

    found = examine_service(
        *("c", "MBG SIP host", "sip.test", transport),
        lambda host: {"a.test": ["203.0.114.7"]}[host],
        lambda name: targets.get(name, []),
    )

    assert said(found) == [
        ("ok", f"{query}.sip.test: a.test:5061 (priority 1, weight 2)."),
        ("ok", "MBG SIP host: target a.test is 203.0.114.7."),
    ]


def test_a_name_without_srv_records_is_a_failure():
    ((level, summary),) = said(
        examine_service("c", "MBG SIP host", "sip.test", "tls", look_up, lambda name: [])
    )

    assert (level, summary) == ("failure", "DNS SRV has nothing for _sips._tcp.sip.test.")


def test_dns_that_cannot_tell_is_not_taken_for_one_that_has_nothing():
    with run_dns({(SRV, "SRV"): []}) as resolver:
        ((level, summary),) = said(
            examine_service(
                *("c", "MBG SIP host", "sip.example.test", "tls", look_up),
                lambda name: look_up_service(name, resolver),
            )
        )

    assert level == "warning"
    assert summary.startswith(f"DNS does not say whether there is {SRV}: ")
