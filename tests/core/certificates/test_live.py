"""A running server is tried on every port; what only ports together tell is told, too."""

import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest

from offhook.certificates import live
from offhook.certificates.live import CLIENT_SERVICE, HTTPS, PortCheck, compare
from offhook.certificates.views import describe_all
from tests.core.certificates.authorities import HOST, leaf
from tests.core.certificates.servers import listening, serve

NOW = datetime.now(UTC) + timedelta(minutes=5)  # certificates are made a little later


@pytest.fixture
def check(trust):
    """Try ports of this machine under the name of the phones."""

    def do(*ports, **options):
        given = {"address": "127.0.0.1", "trust": trust, "now": NOW, "limit": 2.0} | options
        return live.check(HOST, ports, **given)

    return do


def codes(found):
    return [each.code for each in found.findings]


def test_a_good_server_is_shown_with_all_that_people_look_for(check, own, middle, top):
    with serve(own, middle) as port:
        (found,) = check(port)

    assert (found.ok, found.verdict, codes(found)) == (True, "0 (ok)", ["certificate-ok"])
    assert found.served == describe_all([own.certificate, middle.certificate], NOW)
    assert [each.common_name for each in found.rebuilt] == ["Server", "Middle", "Test Root"]
    assert found.root == "Test Root"
    assert found.tls == ("TLS 1.2", "TLS 1.3")
    seen = found.served[0]
    assert seen.names == (HOST, "localhost")
    assert (seen.days_left, seen.signature, seen.key) == (89, "sha256 with ECDSA", "EC secp256r1")
    assert seen.serial == f"{own.certificate.serial_number:x}"
    assert "89 days left" in found.findings[0].summary


def test_several_ports_are_tried_at_the_same_time(check, own, middle):
    with listening(lambda _: time.sleep(2)) as silent, serve(own, middle) as good:
        began = time.monotonic()
        found = check(silent, silent, silent, good, limit=1.0)

    assert time.monotonic() - began < 3
    assert [each.ok for each in found] == [False, False, False, True]
    assert "does not answer while TLS is being agreed upon" in found[0].findings[0].summary


@pytest.mark.parametrize(
    ("talk", "code", "reason"),
    [
        (lambda plain: plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not-seen", "no TLS"),
        (lambda plain: plain.recv(1), "server-unreachable", "hung up"),
        (lambda plain: None, "server-unreachable", "hung up"),
    ],
)
def test_who_presents_nothing_is_told_with_what_to_do(check, talk, code, reason):
    with listening(talk) as port:
        (found,) = check(port)

    assert (found.ok, found.verdict, found.served) == (False, "", ())
    assert codes(found) == [f"certificate-{code}"]
    assert reason in found.findings[0].summary
    assert found.findings[0].action


def test_a_port_without_anybody_is_told(check):
    (found,) = check(1)

    assert found.findings[0].summary == f"{HOST}:1 refuses connections: nothing listens there."


def test_a_name_that_does_not_resolve_is_told(check):
    (found,) = check(443, address="")

    assert found.findings[0].summary == f"{HOST} cannot be resolved from here."


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_of_tls_are_named(check, own, middle):
    versions = ssl.TLSVersion
    with serve(own, middle, versions=(versions.TLSv1, versions.TLSv1_1)) as port:
        (old,) = check(port)
    with serve(own, middle, versions=(versions.TLSv1_1, versions.TLSv1_3)) as port:
        (mixed,) = check(port)
    with serve(own, middle, versions=(versions.TLSv1_2, versions.TLSv1_2)) as port:
        (new,) = check(port)

    assert (old.ok, old.tls) == (False, ("TLS 1.0", "TLS 1.1"))
    assert "tls-too-old" in codes(old)
    assert (mixed.ok, mixed.tls) == (True, ("TLS 1.1", "TLS 1.2", "TLS 1.3"))
    assert codes(mixed) == ["certificate-ok", "tls-old-versions"]
    assert (new.tls, codes(new)) == (("TLS 1.2",), ["certificate-ok"])


def test_every_link_that_ends_soon_is_named(check, middle):
    with serve(leaf(middle, days=(-80, 10)), middle) as port:
        (found,) = check(port)

    assert found.ok
    assert codes(found) == ["certificate-ok", "certificate-ends"]
    assert "expires in 9 days" in found.findings[1].summary


def test_without_ports_a_server_without_client_service_is_good(monkeypatch, check, own, middle):
    with serve(own, middle) as port:
        monkeypatch.setattr(live, "_USUAL", (port, CLIENT_SERVICE))
        https, service = check()

    assert https.ok
    assert service.ok
    assert service.findings[0].level == "note"


def seen(port, *issued):
    """Return a check of a port that presents these."""
    served = describe_all([each.certificate for each in issued], NOW)
    return PortCheck(host=HOST, port=port, ok=True, verdict="0 (ok)", served=served)


def test_self_signed_at_the_client_service_only_means_a_restart(own, middle):
    service = seen(CLIENT_SERVICE, leaf(None))
    (found,) = compare([seen(HTTPS, own, middle), service])

    assert (found.level, found.code) == ("failure", "certificate-old-on-client-service")
    assert "Restart" in found.action
    assert compare([seen(HTTPS, leaf(None)), service])[0].level == "note"


def test_different_certificates_are_remarked_and_equal_ones_are_not(own, middle):
    one = seen(HTTPS, own, middle)

    assert compare([one, seen(CLIENT_SERVICE, own, middle)]) == []
    assert compare([one, seen(CLIENT_SERVICE, leaf(middle))])[0].code == "certificate-differs"
    assert compare([one]) == []
    assert compare([one, seen(CLIENT_SERVICE)]) == []
