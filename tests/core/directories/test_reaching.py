"""What keeps us from a directory is told in a sentence with a hint, and at its step."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from offhook.directories import Directory, diagnose_directory, search
from offhook.errors import BadAnswer, OffhookError, Refused, Unreachable
from offhook.model.findings import Finding
from offhook.model.secrets import Secret
from tests.core.directories.conftest import Reach
from tests.core.directories.relays import listening, saying, silent
from tests.lab.pki import Pki
from tests.lab.processes import free_port
from tests.lab.slapd import Slapd, StartSlapd, run_slapd

pytestmark = pytest.mark.lab
BASE, PEOPLE = "dc=example,dc=test", "(objectClass=inetOrgPerson)"


def failure(directory: Directory) -> OffhookError:
    """Return why nothing can be read; the diagnosis must say the same."""
    with pytest.raises(OffhookError) as caught:
        list(search(directory, BASE, PEOPLE, ["uid"]))
    told = findings(directory)[-1]
    assert (told.level, told.summary, told.action) == (
        "failure",
        str(caught.value),
        caught.value.hint,
    )
    assert caught.value.hint
    return caught.value


def findings(directory: Directory, now: datetime | None = None) -> list[Finding]:
    return list(diagnose_directory(directory, BASE, PEOPLE, ["uid", "attr7"], now=now))


@pytest.mark.parametrize("security", ["ldaps", "starttls"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("expired", "has expired"),
        ("self_signed", "self-signed"),
        ("wrong_name", "made for another name"),
        ("foreign", "authority that is not known"),
        ("leaf_only", "authority that is not known"),
    ],
)
def test_a_bad_certificate_is_refused(
    pki: Pki, reach: Reach, security: str, name: str, words: str
) -> None:
    with run_slapd(certificate=getattr(pki, name)) as slapd:
        error = failure(reach(slapd, security=security))
    assert isinstance(error, Refused)
    assert words in str(error)


def test_the_platforms_authorities_do_not_know_ours(slapd: Slapd, reach: Reach) -> None:
    assert "authority that is not known" in str(failure(reach(slapd, ca_file="")))


def test_a_ca_file_that_cannot_be_used_is_named(slapd: Slapd, reach: Reach) -> None:
    error = failure(reach(slapd, ca_file="/no/such/file.pem"))
    assert isinstance(error, Refused)
    assert "/no/such/file.pem" in str(error)


def test_starttls_that_is_not_offered_ends_before_the_login(
    start_slapd: StartSlapd, reach: Reach
) -> None:
    slapd = start_slapd(certificate=None)
    error = failure(reach(slapd, security="starttls"))
    assert isinstance(error, Refused)
    assert "offers no encryption" in str(error)
    assert "Nothing was sent in clear" in error.hint


def test_the_wrong_port_is_guessed_from_what_answers(slapd: Slapd, reach: Reach) -> None:
    for directory in (
        reach(slapd, port=slapd.port),
        reach(slapd, port=slapd.tls_port, security="starttls"),
        reach(slapd, port=slapd.tls_port, security="none"),
    ):
        assert "Port 636 speaks ldaps" in failure(directory).hint


def test_nobody_listens_there(reach: Reach, slapd: Slapd) -> None:
    error = failure(reach(slapd, port=free_port()))
    assert isinstance(error, Unreachable)
    assert "Nobody listens" in str(error)


def test_a_name_without_an_address_is_named(reach: Reach, slapd: Slapd) -> None:
    error = failure(reach(slapd, host="directory.invalid"))
    assert isinstance(error, Unreachable)
    assert "directory.invalid has no address" in str(error)


@pytest.mark.parametrize("security", ["ldaps", "starttls", "none"])
def test_a_server_that_says_nothing_is_not_waited_for(
    reach: Reach, slapd: Slapd, security: str
) -> None:
    with listening(silent) as port:
        error = failure(reach(slapd, host="127.0.0.1", port=port, security=security, timeout=0.3))
    assert isinstance(error, Unreachable)
    assert "did not answer within 0.3 s" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"x" * 200,
        b"220 mail.example.test ESMTP\r\n" * 20,
        b"\x30\x03\x02\x01\x01",
        b"\x30\x0c\x02\x01\x01\x7f\x07\x0a\x01\x00\x04\x00\x04\x00",
        bytes(300),
    ],
)
def test_what_is_no_directory_is_told_apart(reach: Reach, slapd: Slapd, answer: bytes) -> None:
    with listening(saying(answer)) as port:
        error = failure(reach(slapd, host="127.0.0.1", port=port, security="none"))
    assert isinstance(error, BadAnswer | Unreachable)
    assert "Port 636" in error.hint


def test_a_wrong_password_is_refused(slapd: Slapd, reach: Reach) -> None:
    error = failure(reach(slapd, password=Secret("wr0ng-and-hidden")))
    assert isinstance(error, Refused)
    assert "refuses the login 'cn=reader" in str(error)
    assert "wr0ng-and-hidden" not in f"{error!r}{error.hint}{error.__cause__!r}"


def test_an_empty_password_is_not_tried(slapd: Slapd, reach: Reach) -> None:
    # Servers take it for nobody, and say that it was right.
    for password in (None, Secret("")):
        assert "There is no password" in str(failure(reach(slapd, password=password)))


def test_a_healthy_directory_is_described_step_by_step(slapd: Slapd, reach: Reach) -> None:
    told = {finding.code: finding for finding in findings(reach(slapd))}
    assert list(told) == [
        "ldap-reachable",
        "ldap-certificate",
        "ldap-login",
        "ldap-base",
        "ldap-rights",
        "ldap-shape",
    ]
    assert {code for code, each in told.items() if each.level != "ok"} == {"ldap-shape"}
    assert "attr7" in told["ldap-shape"].summary
    assert "500 entries and more" in told["ldap-rights"].summary
    assert "localhost" in told["ldap-certificate"].summary


def test_a_certificate_that_ends_soon_is_a_warning(slapd: Slapd, reach: Reach, pki: Pki) -> None:
    leaf = x509.load_pem_x509_certificate(pki.leaf.chain.read_bytes())
    soon = leaf.not_valid_after_utc - timedelta(days=5)
    told = findings(reach(slapd), now=soon)[1]
    assert (told.level, told.code) == ("warning", "ldap-certificate")


def test_without_encryption_there_is_a_warning(slapd: Slapd, reach: Reach) -> None:
    told = findings(reach(slapd, security="none"))[1]
    assert (told.level, told.code) == ("warning", "ldap-certificate")


def test_nothing_that_matches_is_a_warning(slapd: Slapd, reach: Reach) -> None:
    told = list(diagnose_directory(reach(slapd), BASE, "(objectClass=device)", ["uid"]))[-1]
    assert (told.level, told.code) == ("warning", "ldap-rights")


@pytest.mark.parametrize(
    ("clock", "level", "words"),
    [
        ("20260102030408.0Z", "ok", "3 s from ours"),
        ("20260102040405.0Z", "warning", "3600 s ahead of ours"),
        ("20260102025905Z", "warning", "300 s behind ours"),
    ],
)
def test_a_clock_that_differs_is_a_warning(
    start_slapd: StartSlapd, reach: Reach, clock: str, level: str, words: str
) -> None:
    slapd = start_slapd(clock=clock)
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    told = findings(reach(slapd, security="none"), now=now)[-1]
    assert (told.code, told.level) == ("ldap-clock", level)
    assert words in told.summary
