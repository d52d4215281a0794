"""Which hosts may be tried: every trick that leads inside is refused before anything connects."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook_redirector.addresses import check_name, is_public, look_up

PRIVATE = {
    "loopback": ["127.0.0.1", "127.8.9.10", "::1"],
    "any": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "shared by a carrier": ["100.64.0.1", "100.127.255.254"],
    "metadata of clouds": [
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
    ],
    "multicast and reserved": ["224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "ff0e::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "special": ["192.0.0.1", "192.88.99.1", "198.18.0.1", "100::1", "5f00::1", "2001:10::1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::ffff:168.63.129.16"],
    "compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8"],
    "translated": ["::ffff:0:10.0.0.1", "::ffff:0:8.8.8.8"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:f5ff:fffe"],
    "no address": ["", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1"],
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"]
PUBLIC += ["64:ff9b::8.8.8.8", "9.255.255.255", "11.0.0.0", "172.32.0.1", "100.128.0.1"]


@pytest.mark.parametrize(
    "address", [each for many in PRIVATE.values() for each in many], ids=lambda each: each or "-"
)
def test_what_is_not_public_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_let_through(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_itself(address):
    number = int(address)
    carriers = [f"::ffff:{address}", f"64:ff9b::{address}"]
    carriers.append(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")

    assert {is_public(each) for each in carriers} == {is_public(str(address))}


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "phones",
        "phones.example.org.",
        ".example.org",
        "phones..example.org",
        "-a.example.org",
        "phones.example.org:443",
        "https://phones.example.org",
        "user@phones.example.org",
        "phones.example.org/x",
        "phones.example.org\r\nHost: inside",
        "PHONES.example.org",
        "ph\u00f6nes.example.org",
        "phones\uff0eexample\uff0eorg",
        "a" * 64 + ".example.org",
        "a." * 130 + "org",
        "127.0.0.1",
        "8.8.8.8",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "0177.0.0.01",
        "127.1",
        "10.0x1",
        "a.0x7f",
        "a.12",
        "[::1]",
        "::1",
        "fe80::1%eth0",
        "\u2460\u2461\u2466.0.0.1",
    ],
)
def test_an_address_or_half_a_name_is_no_host(host):
    with pytest.raises(ValueError, match="full host name"):
        check_name(host)


@pytest.mark.parametrize("host", ["phones.example.org", "a.b", "xn--bcher-kva.example", "1.2.x3"])
def test_a_full_name_is_a_host(host):
    check_name(host)


def test_loopback_names_are_for_tests_only():
    check_name("localhost", allow_loopback=True)
    check_name("north.localhost", allow_loopback=True)

    with pytest.raises(ValueError, match="full host name"):
        check_name("127.0.0.1", allow_loopback=True)


def test_one_private_address_spoils_all(monkeypatch):
    answer(monkeypatch, "8.8.8.8", "10.0.0.1")

    found = asyncio.run(look_up("phones.example.org", 443, 2))

    assert found.addresses == ()
    assert (found.failure.stage, found.failure.kind, found.failure.code) == (
        "dns",
        "address",
        "private",
    )
    assert "10.0.0.1" not in repr(found), "what names mean inside is nobody's business"


def test_all_public_addresses_are_kept(monkeypatch):
    answer(monkeypatch, "8.8.8.8", "2606:4700::1111")

    found = asyncio.run(look_up("phones.example.org", 443, 2))

    assert found.addresses == ("8.8.8.8", "2606:4700::1111")
    assert not found.failure


def test_loopback_is_refused_unless_it_is_allowed():
    refused = asyncio.run(look_up("localhost", 443, 2))
    allowed = asyncio.run(look_up("localhost", 443, 2, allow_loopback=True))

    assert refused.failure.code == "private"
    assert "127.0.0.1" in allowed.addresses


def test_with_loopback_allowed_other_private_addresses_stay_refused(monkeypatch):
    answer(monkeypatch, "127.0.0.1", "192.168.1.1")

    found = asyncio.run(look_up("phones.example.org", 443, 2, allow_loopback=True))

    assert found.failure.code == "private"


def answer(monkeypatch, *addresses):
    """Let the resolver answer these addresses: the network's border, where nobody may be asked."""
    infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: infos)
