"""Whatever is wrong with a mail server, the administrator reads one sentence and what to do."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import offhook_email_smtp
from offhook.api import Finding, Refused, RemoteError, Secret, Unreachable
from offhook.testing import sample_connection, sample_message
from offhook_email_smtp import Options
from tests.lab.exim import Exim
from tests.lab.pki import Pki
from tests.lab.smtp_sink import StartSink
from tests.plugins.scripted_smtp import HANG_UP, SILENCE, scripted


def options(port: int, **others: Any) -> Options:
    given = {"host": "localhost", "port": port, "security": "none", "timeout": 1}
    return Options(**{**given, "sender": "phones@example.test", **others})


def failure(of: Options) -> RemoteError:
    """Return how sending ends."""
    connection = sample_connection("email_smtp", of)
    with pytest.raises(RemoteError) as caught:
        list(offhook_email_smtp.send(connection, [sample_message(to="ana@example.test")]))
    error = caught.value
    assert error.hint
    assert "\n" not in str(error)
    return error


def findings(of: Options) -> list[Finding]:
    return list(offhook_email_smtp.diagnose(sample_connection("email_smtp", of)))


def levels(of: Options) -> list[str]:
    return [f"{finding.code} {finding.level}" for finding in findings(of)]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_nobody_listens(closed_port: int) -> None:
    error = failure(options(closed_port))
    assert isinstance(error, Unreachable)
    assert str(error) == f"Nobody listens at localhost:{closed_port} (connection refused)."
    assert "runs" in error.hint
    (finding,) = findings(options(closed_port))
    assert (finding.level, finding.code) == ("failure", "smtp-reachable")
    assert (finding.summary, finding.action) == (str(error), error.hint)
    assert "tried again" in finding.meaning


def test_the_name_is_unknown(dead_network: list[str]) -> None:
    error = failure(options(25, host="mail.example.test"))
    assert isinstance(error, Unreachable)
    assert str(error).startswith("The mail server's name mail.example.test has no address")
    assert dead_network == ["getaddrinfo mail.example.test"]


def test_the_network_ends_on_the_way(dead_network: list[str], monkeypatch: Any) -> None:
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 25))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
    error = failure(options(25, host="192.0.2.1"))
    assert isinstance(error, Unreachable)
    assert str(error) == "192.0.2.1:25 cannot be reached: Network is unreachable."


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_it_accepts_the_connection_and_is_silent(security: str) -> None:
    with scripted(GREETING=[SILENCE]) as server:
        error = failure(options(server.port, security=security))
    assert isinstance(error, Unreachable)
    assert str(error) == f"localhost:{server.port} did not answer within 1 s."
    assert "465" in error.hint


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        ({"GREETING": [HANG_UP]}, Unreachable, "closed the connection."),
        ({"GREETING": ["SSH-2.0-OpenSSH_9"]}, Refused, "is not a mail server"),
        ({"GREETING": ["421 busy"]}, Unreachable, "is not ready: 421 busy"),
        ({"GREETING": ["554 no service"]}, Refused, "turns us away: 554 no service"),
        ({"EHLO": ["550 you?"], "HELO": ["550 you?"]}, Refused, "turns us away: 550 you"),
        ({"EHLO": [HANG_UP]}, Unreachable, "closed the connection."),
    ],
)
def test_it_greets_badly(script: dict[str, list[str]], kind: type[Exception], says: str) -> None:
    with scripted(**script) as server:
        error = failure(options(server.port))
    assert isinstance(error, kind)
    assert says in str(error)


def test_it_offers_no_encryption_and_gets_neither_login_nor_mail() -> None:
    with scripted(EHLO=["250-localhost\r\n250 AUTH PLAIN"]) as server:
        login = {"username": "phones", "password": Secret("s3cret")}
        error = failure(options(server.port, security="starttls", **login))
    assert isinstance(error, Refused)
    assert str(error) == f"localhost:{server.port} offers no encryption (STARTTLS)."
    assert [line.split()[0].upper() for line in server.heard] == ["EHLO"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("454 4.7.0 not now", Unreachable), ("220 go", Refused), (HANG_UP, Unreachable)],
)
def test_it_offers_encryption_and_cannot(reply: str, kind: type[Exception]) -> None:
    script = {"EHLO": ["250-localhost\r\n250 STARTTLS"], "STARTTLS": [reply]}
    with scripted(**script) as server:
        error = failure(options(server.port, security="starttls"))
    assert type(error) is kind
    assert f"localhost:{server.port}" in str(error)


def test_it_speaks_no_tls_where_tls_is_wanted_from_the_first_byte() -> None:
    with scripted() as server:
        error = failure(options(server.port, security="tls"))
        assert isinstance(error, Refused)
        assert str(error) == f"localhost:{server.port} speaks no TLS."
        assert levels(options(server.port, security="tls")) == ["smtp-tls failure"]
    assert "starttls" in error.hint


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        ({"AUTH": ["535 5.7.8 wrong"]}, Refused, "refuses the login of 'phones': 535 5.7.8 wrong"),
        ({"AUTH": ["454 4.7.0 later"]}, Unreachable, "refuses the login of 'phones': 454"),
        ({"AUTH": ["334 more"]}, Refused, "refuses the login of 'phones': 334"),
        (
            {"EHLO": ["250-localhost\r\n250 AUTH GSSAPI"]},
            Refused,
            "offers no login by PLAIN or LOGIN",
        ),
        ({"EHLO": ["250 localhost"]}, Refused, "offers no login by PLAIN or LOGIN"),
    ],
)
def test_it_takes_no_login(script: dict[str, list[str]], kind: type[Exception], says: str) -> None:
    script = {"EHLO": ["250-localhost\r\n250 AUTH PLAIN LOGIN"] * 2, **script}
    with scripted(**script) as server:
        error = failure(options(server.port, username="phones", password=Secret("s3cret")))
    assert type(error) is kind
    assert says in str(error)
    assert "s3cret" not in str(error) + error.hint


def test_what_a_server_says_is_shown_as_one_harmless_line() -> None:
    with scripted(GREETING=["554-a\x1b[31m\r\n554 " + "b" * 500]) as server:
        error = failure(options(server.port))
    assert str(error).isprintable()
    assert len(str(error)) < 400


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_the_ca_file_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with scripted(EHLO=["250-localhost\r\n250 STARTTLS"]) as server:
        error = failure(options(server.port, security="starttls", ca_file=str(file)))
    assert isinstance(error, Refused)
    assert str(error).startswith(f"The CA file {file} cannot be used")


CERTIFICATES = [
    ("expired", "root", "has expired"),
    ("self_signed", "root", "is self-signed"),
    ("wrong_name", "root", "is made for another name"),
    ("foreign", "root", "comes from an authority that is not known here"),
    ("leaf_only", "root", "comes from an authority that is not known here"),
    ("leaf", "", "comes from an authority that is not known here"),
]


@pytest.mark.lab
@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("shown", "trusted", "reason"), CERTIFICATES)
def test_its_certificate_is_wrong(
    start_sink: StartSink, pki: Pki, security: str, shown: str, trusted: str, reason: str
) -> None:
    sink = start_sink(
        tls="implicit" if security == "tls" else "starttls",
        username="phones",
        password="s3cret",
        certificate=getattr(pki, shown),
    )
    ca_file = str(getattr(pki, trusted)) if trusted else ""
    login = {"username": "phones", "password": Secret("s3cret")}
    given = options(sink.port, security=security, ca_file=ca_file, timeout=5, **login)
    error = failure(given)
    assert isinstance(error, Refused)
    assert str(error).startswith(f"The certificate of localhost:{sink.port} {reason}")
    assert findings(given)[-1].code == "smtp-tls"
    assert findings(given)[-1].summary == str(error)
    assert sink.count() == 0


@pytest.mark.lab
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_good_server_is_found_good(start_sink: StartSink, pki: Pki, security: str) -> None:
    tls = "implicit" if security == "tls" else "starttls"
    sink = start_sink(tls=tls, username="phones", password="s3cret")  # type: ignore[arg-type]
    login = {"username": "phones", "password": Secret("s3cret")}
    given = options(sink.port, security=security, ca_file=str(pki.root), timeout=5, **login)
    assert levels(given) == [
        "smtp-reachable ok",
        "smtp-tls ok",
        "smtp-login ok",
        "smtp-sender ok",
    ]
    assert "127.0.0.1" in findings(given)[1].summary
    assert "days left" in findings(given)[1].summary
    assert sink.count() == 0


def test_an_open_server_is_found_usable_with_a_warning() -> None:
    with scripted() as server:
        assert levels(options(server.port)) == [
            "smtp-reachable ok",
            "smtp-tls warning",
            "smtp-login ok",
            "smtp-sender ok",
        ]
    assert "DATA" not in server.heard


@pytest.mark.parametrize(("reply", "level"), [("550 not you", "failure"), ("451 later", "warning")])
def test_a_refused_sender_is_found(reply: str, level: str) -> None:
    with scripted(MAIL=[reply]) as server:
        finding = findings(options(server.port))[-1]
    assert (finding.code, finding.level) == ("smtp-sender", level)
    assert reply in finding.summary
    assert finding.meaning
    assert finding.action


@pytest.mark.lab
def test_exim_refuses_a_wrong_password(exim: Exim, pki: Pki) -> None:
    given = {"security": "starttls", "ca_file": str(pki.root), "timeout": 10}
    login = {"username": exim.username, "password": Secret("wrong")}
    error = failure(options(exim.port, **given, **login))
    assert isinstance(error, Refused)
    assert f"refuses the login of {exim.username!r}: 535" in str(error)
    error = failure(options(exim.port, **given))
    assert isinstance(error, Refused)
    assert "takes no mail from phones@example.test: 550" in str(error)
