"""The prober itself: it goes where it is told, by no proxy, within its limit."""

import asyncio
import socket
import threading
import time

import pytest
from attrs import evolve

from offhook.diagnostics import lookups
from offhook.diagnostics.probing import fetch, probe
from offhook.errors import InvalidInput
from offhook.model.probes import Probe
from offhook_simulators.bad_certificates import Authority
from offhook_simulators.client_service import ClientService
from tests.core.scripted_https import Reply, serve

LIMIT = 1.0


@pytest.fixture(scope="module")
def authority():
    return Authority.make(["localhost", "127.0.0.1", "phones.example.test"])


@pytest.fixture
def start(authority, tmp_path):
    """Start a simulated server with a fault; returns what tries it."""
    running = []

    def start(fault="", *, scheme="https", **words):
        service = ClientService(tmp_path, fault=fault, port=0, authority=authority)
        running.append(service.__enter__())
        ca = service.certificate.authority.read_text()
        values = {"host": "localhost", "port": service.port, "ca": ca, **words}
        return Probe(scheme=scheme, **values)

    yield start
    for service in running:
        service.__exit__()


@pytest.fixture
def web(pki):
    """Serve replies over TLS; returns what asks for them, and the server."""
    open_ = []

    def web(*replies, path="/"):
        context = serve(*replies, certificate=pki.leaf)
        server = context.__enter__()
        open_.append(context)
        port = int(server.base.rpartition(":")[2])
        ca = pki.root.read_text()
        return Probe(scheme="https", host="localhost", port=port, path=path, ca=ca), server

    yield web
    for context in open_:
        context.__exit__(None, None, None)


def run(wanted, **words):
    return asyncio.run(probe(wanted, limit=LIMIT, **words))


def test_a_good_server_is_reached_by_tls_https_and_websocket(start):
    assert run(start("200", scheme="tls")).ok
    assert run(start("200")).code == "200"
    reached = run(start(scheme="wss"))
    assert (reached.stage, reached.kind, reached.code) == ("after", "ok", "101")
    assert reached.hop.startswith("127.0.0.1:")


def test_given_addresses_are_connected_to_without_any_lookup(start, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", None)  # asked, it fails
    wanted = start("200", host="phones.example.test")

    assert run(wanted, addresses=["127.0.0.1"]).ok


@pytest.mark.parametrize("addresses", [[], ["localhost"], ["127.0.0.1", "phones.example.test"]])
def test_what_are_no_addresses_are_never_looked_up(start, addresses, monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *wanted, **_: asked.append(wanted))

    with pytest.raises(ValueError, match="address"):
        run(start("200"), addresses=addresses)

    assert asked == []


def test_the_name_has_to_stand_in_the_certificate_whatever_the_address(start):
    wanted = start("200", host="other.example.test")

    outcome = run(wanted, addresses=["127.0.0.1"])

    assert (outcome.stage, outcome.kind, outcome.code) == ("tls", "verify", "62")


def test_no_proxy_takes_part(start, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")

    assert run(start("200")).ok
    assert run(start(scheme="wss")).ok


def test_an_address_that_fails_beside_a_good_one_is_told(start):
    wanted = start("200")

    outcome = run(wanted, addresses=["127.0.0.3", "127.0.0.1"])

    assert outcome.ok
    assert outcome.others == (f"127.0.0.3:{wanted.port} ECONNREFUSED",)


def test_where_all_addresses_fail_the_one_without_a_route_tells_least(start):
    wanted = start("200")

    outcome = run(wanted, addresses=["2001:db8::1", "127.0.0.3"])

    assert (outcome.kind, outcome.code) == ("os", "ECONNREFUSED")
    assert outcome.hop == f"127.0.0.3:{wanted.port}"
    assert outcome.others[0].startswith(f"[2001:db8::1]:{wanted.port} E")


def test_redirects_are_not_followed(web):
    wanted, server = web(Reply(status=302, headers={"Location": "/elsewhere"}), Reply())

    outcome = run(wanted)

    assert (outcome.kind, outcome.code) == ("status", "302")
    assert "Location: /elsewhere" in outcome.detail
    assert [path for _, path, *_ in server.asked] == ["/"]


def test_a_body_is_read_as_far_as_it_is_wanted(web):
    wanted, _ = web(Reply(body=b"0123456789" * 1000))

    outcome, body = asyncio.run(fetch(wanted, limit=LIMIT, at_most=15))

    assert outcome.ok
    assert body == b"012345678901234"


def test_a_body_that_drips_for_ever_ends_at_the_limit(web):
    wanted, _ = web(Reply(body=b"x" * 1000, drip=0.2))
    began = time.monotonic()

    outcome, _ = asyncio.run(fetch(wanted, limit=LIMIT, at_most=1000))

    assert (outcome.stage, outcome.kind) == ("http", "limit")
    assert time.monotonic() - began < 3 * LIMIT


def test_a_path_cannot_smuggle_another_header(web):
    wanted, server = web(Reply(), path="/a b\r\nX-Other: yes")

    assert run(wanted).ok
    _, path, headers, _ = server.asked[0]
    assert path == "/a%20b%0D%0AX-Other:%20yes"
    assert headers["X-Other"] is None


def test_a_lookup_that_hangs_is_left_behind(monkeypatch):
    release = threading.Event()

    def hang(*_, **__):
        release.wait(30)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(lookups, "_AGAIN", 0.2)
    began = time.monotonic()

    outcome = run(Probe(scheme="tls", host="slow.example.test", port=443))

    release.set()
    assert outcome.stage == "dns"
    assert time.monotonic() - began < 5


def test_a_server_that_gives_a_chain_with_a_gap_is_told_from_an_unknown_authority(start):
    gap, unknown = run(start("no-intermediate")), run(start("intercepted"))

    assert (gap.kind, gap.code) == ("verify", "21")
    assert "http://ca.example.test/intermediate.crt" in gap.detail
    assert (unknown.kind, unknown.code) == ("verify", "20")


def test_a_server_is_reached_by_ipv6(authority, tmp_path):
    by = evolve(authority, names=("localhost", "::1"))
    with ClientService(tmp_path, fault="200", host="::1", port=0, authority=by) as service:
        ca = service.certificate.authority.read_text()
        for host in ("localhost", "::1"):
            wanted = Probe(scheme="https", host=host, port=service.port, ca=ca)

            outcome = run(wanted, addresses=["::1"])

            assert outcome.ok
            assert outcome.hop == f"[::1]:{service.port}"


def test_an_address_can_stand_in_place_of_a_name(start):
    assert run(start("200", host="127.0.0.1")).ok


@pytest.mark.parametrize(
    "host", ["", "https://phones", "phones example", "a/b", "phones\r\nHost: x"]
)
def test_what_is_no_host_cannot_be_tried(host):
    with pytest.raises(ValueError, match="host"):
        Probe(scheme="https", host=host, port=443)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_what_is_no_port_cannot_be_tried(port):
    with pytest.raises(ValueError, match="port"):
        Probe(scheme="https", host="phones.example.test", port=port)


@pytest.mark.parametrize(
    "ca", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_authorities_that_cannot_be_read_are_refused_with_what_to_do(ca):
    with pytest.raises(InvalidInput, match="certificates to trust") as caught:
        run(Probe(scheme="https", host="phones.example.test", port=443, ca=ca))

    assert "PEM" in caught.value.hint


def test_a_label_that_is_too_long_is_a_name_that_cannot_be():
    name = f"{'x' * 63}.{'y' * 63}.{'z' * 63}.example.test"

    outcome = run(Probe(scheme="https", host=name, port=443))

    assert outcome.stage == "dns"
    assert not outcome.ok
