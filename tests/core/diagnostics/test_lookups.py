"""Where a lookup fails, the DNS server that failed is named, whichever it is."""

import asyncio
import socket

import dns.resolver
import pytest

from offhook.diagnostics import lookups
from tests.lab.dns import SILENCE, run_dns

HOST = "phones.example.test"
UNKNOWN = socket.gaierror(-2, "Name or service not known")
AGAIN = socket.gaierror(-3, "Temporary failure in name resolution")


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    monkeypatch.setattr(lookups, "_AGAIN", 0.5)


def find(error, resolver=None):
    return asyncio.run(lookups.find_failure(HOST, error, resolver))


def ask(error, *, records=None, faults=None):
    known = records or {("other.example.test", "A"): ["192.0.2.1"]}
    with run_dns(known, faults=faults or {}) as resolver:
        return find(error, resolver)


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"])
def test_a_server_that_fails_is_named_with_what_it_says(rcode):
    found = ask(AGAIN, faults={HOST: rcode})

    assert (found.kind, found.code, found.hop) == ("rcode", rcode, "127.0.0.1")
    assert found.detail == f"The DNS server 127.0.0.1 says {rcode}."


def test_a_name_that_is_unknown_is_told_from_one_without_an_address():
    assert ask(UNKNOWN).code == "NXDOMAIN"
    assert ask(UNKNOWN, records={(HOST, "TXT"): ["nothing"]}).code == "NODATA"


def test_silence_is_told():
    found = ask(AGAIN, faults={HOST: SILENCE})

    assert (found.kind, found.hop) == ("limit", "127.0.0.1")


def test_a_server_that_is_not_there_is_one_that_does_not_answer():
    with run_dns({}) as resolver:
        pass

    assert find(AGAIN, resolver).detail == "The DNS server 127.0.0.1 does not answer."


def test_the_first_server_that_fails_is_named():
    with run_dns({(HOST, "A"): ["192.0.2.1"]}) as resolver:
        resolver.nameservers = ["127.0.0.1", "127.0.0.3"]

        assert find(AGAIN, resolver).hop == "127.0.0.3"


def test_a_server_that_answers_now_leaves_the_first_error():
    found = ask(AGAIN, records={(HOST, "AAAA"): ["2001:db8::1"]})

    assert (found.kind, found.code, found.hop) == ("gai", "-3", "")


def test_a_machine_without_a_dns_server_is_told(monkeypatch):
    def nobody():
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", nobody)

    assert find(AGAIN).detail == "No DNS server is configured here."
