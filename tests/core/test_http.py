"""Whatever is wrong with a web server, a plugin gets one of three errors, in a sentence."""

import gc
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from offhook.api import (
    BadAnswer,
    HttpAnswer,
    HttpSession,
    Refused,
    RemoteError,
    Unreachable,
    open_session,
)
from tests.core.scripted_https import Reply, ScriptedWeb, serve
from tests.lab.pki import Pki

OK = Reply(body={"name": "Ana"})
REASONS = ("errorMsg",)


def session(web: ScriptedWeb, pki: Pki | None = None, **others: Any) -> HttpSession:
    ca_file = str(pki.root) if pki else ""
    given = {"ca_file": ca_file, "timeout": (2, 0.4), "reasons": REASONS}
    return open_session(web.base, **given | others)


def failure(web: ScriptedWeb, pki: Pki | None = None, **others: Any) -> RemoteError:
    """Return how asking ends."""
    with session(web, pki, **others) as opened, pytest.raises(RemoteError) as caught:
        opened.get("/people")
    error = caught.value
    assert error.hint
    assert str(error).isprintable()
    return error


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_json_goes_there_and_comes_back_over_one_connection(pki: Pki) -> None:
    with serve(OK, certificate=pki.leaf) as web, session(web, pki) as opened:
        answer = opened.post("/people", params={"page": "1"}, json={"a": "ü"}, headers={"X": "y"})
        opened.put("/people/1")
    assert (answer.status, answer.body) == (200, {"name": "Ana"})
    assert answer.headers["content-type"] == "application/json"
    (method, path, headers, body), second = web.asked
    assert (method, path, headers["X"]) == ("POST", "/people?page=1", "y")
    assert body == b'{"a": "\\u00fc"}'
    assert second[:2] == ("PUT", "/people/1")


def test_an_answer_tells_the_time_over_there() -> None:
    dates = ("Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 31 Dec 9999 23:59:59 -2300", "yesterday", "")
    answers = [HttpAnswer(status=200, body=None, headers={"Date": date}) for date in dates]
    told = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [answer.sent_at for answer in answers] == [told, None, None, None]


def test_an_empty_answer_has_no_body() -> None:
    with serve(Reply(status=204, body=b"", kind="")) as web, session(web) as opened:
        assert opened.get("/").body is None


@pytest.mark.parametrize(
    ("shown", "trusted", "reason"),
    [
        ("expired", "root", "has expired"),
        ("self_signed", "root", "is self-signed"),
        ("wrong_name", "root", "is made for another name"),
        ("foreign", "root", "comes from an authority that is not known here"),
        ("leaf_only", "root", "comes from an authority that is not known here"),
        ("leaf", "", "comes from an authority that is not known here"),
    ],
)
def test_a_wrong_certificate_is_refused_before_anything_is_said(
    pki: Pki, shown: str, trusted: str, reason: str
) -> None:
    ca_file = str(getattr(pki, trusted)) if trusted else ""
    with serve(OK, certificate=getattr(pki, shown)) as web:
        error = failure(web, ca_file=ca_file)
        with session(web, ca_file=ca_file) as opened, pytest.raises(Refused) as caught:
            opened.certificate()
    assert isinstance(error, Refused)
    assert str(error).startswith(f"The certificate of {web.base[8:]} {reason}")
    assert str(caught.value) == str(error)
    assert web.asked == []


def test_only_the_given_authority_is_trusted(pki: Pki, monkeypatch: Any) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pki.root))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(pki.root))
    with serve(OK, certificate=pki.leaf) as web:
        assert isinstance(failure(web, ca_file=str(pki.foreign_root)), Refused)


def test_the_platforms_authorities_are_trusted_without_a_file(pki: Pki, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.root))
    with serve(OK, certificate=pki.leaf) as web, session(web) as opened:
        assert opened.get("/").status == 200


def test_a_certificate_shows_its_names_and_its_end(pki: Pki) -> None:
    with serve(OK, certificate=pki.leaf) as web, session(web, pki) as opened:
        certificate = opened.certificate()
    assert certificate
    assert "localhost" in certificate.names
    assert certificate.ends_at.tzinfo
    with serve(OK) as web, session(web) as opened:
        assert opened.certificate() is None


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(Refused, match=f"The CA file {file} cannot be used"):
        open_session("https://localhost", ca_file=str(file))


def test_plain_text_where_tls_is_expected_is_refused() -> None:
    with serve(OK) as web:
        web.base = web.base.replace("http:", "https:")
        assert str(failure(web)).endswith("speaks no TLS.")


def test_nobody_listens(closed_port: int) -> None:
    error = failure(ScriptedWeb(base=f"http://localhost:{closed_port}", replies=[]))
    assert isinstance(error, Unreachable)
    assert str(error) == f"Nobody listens at localhost:{closed_port} (connection refused)."


def test_the_name_is_unknown(dead_network: list[str]) -> None:
    error = failure(ScriptedWeb(base="https://pbx.example.test", replies=[]))
    assert isinstance(error, Unreachable)
    assert str(error).startswith("The name in pbx.example.test:443 has no address")


def test_a_connection_that_breaks_is_tried_once_more_and_then_unreachable() -> None:
    with serve(Reply(reset=True), OK) as web, session(web) as opened:
        assert opened.get("/").body == {"name": "Ana"}
    with serve(Reply(reset=True)) as web:
        error = failure(web)
    assert isinstance(error, Unreachable)
    assert str(error).endswith("closed the connection.")
    assert len(web.asked) == 2


def test_what_is_not_repeatable_is_sent_once() -> None:
    with serve(Reply(reset=True)) as web, session(web) as opened:
        with pytest.raises(Unreachable):
            opened.post("/people")
        assert len(web.asked) == 1
    with serve(Reply(reset=True)) as web, session(web, repeatable=("POST",)) as opened:
        with pytest.raises(Unreachable):
            opened.post("/people")
        assert len(web.asked) == 2


def test_silence_ends() -> None:
    with serve(Reply(wait=5)) as web:
        error = failure(web)
    assert isinstance(error, Unreachable)
    assert str(error).endswith("did not answer in time.")


def test_an_answer_that_only_drips_ends_too() -> None:
    with serve(Reply(body=b" " * 100, drip=0.1)) as web:
        started = time.monotonic()
        error = failure(web)
        assert time.monotonic() - started < 3
    assert isinstance(error, Unreachable)
    assert str(error).endswith("did not answer in time.")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(body={"a": "b" * 100}, cut=50), "broke off in the middle of an answer."),
        (Reply(body=b'{"a": [1, 2'), "answered JSON that cannot be read at /people: "),
        (Reply(body=b"\xff\xfe{"), "answered JSON that cannot be read at /people: "),
        (Reply(body=b"<p>", kind="text/html; charset=utf-8"), "answered text/html instead of JSON"),
        (Reply(kind=""), "answered something instead of JSON"),
        (Reply(body=b" " * 33 * 2**20), "answered more than 32 MB at /people."),
        (
            Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}),
            "cannot be understood: ",
        ),
        (Reply(status=500, body={"errorMsg": "a\x1b[31m\nb"}), "with status 500: a [31m b"),
        (Reply(status=404), "answered /people with status 404."),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1"}), "with status 302."),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_bad_one(reply: Reply, says: str) -> None:
    with serve(reply) as web:
        error = failure(web, timeout=(2, 5))
    assert isinstance(error, BadAnswer)
    assert says in str(error)


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_or_right_that_lacks_is_refused_with_the_servers_reason(status: int) -> None:
    with serve(Reply(status=status, body={"errorMsg": "not you"})) as web:
        error = failure(web)
    assert isinstance(error, Refused)
    assert str(error).endswith(f"({status}): not you")
    assert len(web.asked) == 1


def test_a_status_that_is_expected_is_returned() -> None:
    page = Reply(status=401, body=b"<p>Who are you?", kind="text/html")
    with serve(page) as web, session(web) as opened:
        answer = opened.get("/", accept=(401,))
    assert (answer.status, answer.body) == (401, None)


def test_a_server_with_too_many_requests_is_waited_for() -> None:
    busy = Reply(status=429, headers={"Retry-After": "1"})
    with serve(busy, OK) as web, session(web) as opened:
        started = time.monotonic()
        assert opened.get("/").status == 200
        assert time.monotonic() - started > 0.9


def test_a_server_that_stays_busy_is_unreachable_and_says_how_long(monkeypatch: Any) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with serve(Reply(status=429, headers={"Retry-After": "600"})) as web:
        error = failure(web)
    assert isinstance(error, Unreachable)
    assert error.hint == "Try again in 600 seconds."
    assert slept == [3, 3]


def test_a_failure_that_passes_is_not_noticed() -> None:
    with serve(Reply(status=503), OK) as web, session(web) as opened:
        assert opened.get("/").status == 200


def test_a_session_leaves_no_connection_open_even_when_its_error_is_kept() -> None:
    with serve(Reply(body=b"[")) as web:
        kept = failure(web)
        assert kept.__traceback__
        assert connections_to(web) == 0


def connections_to(web: ScriptedWeb) -> int:
    """Count the sockets of this process that are connected to the server, on the client's side."""
    address = ("127.0.0.1", int(web.base.rpartition(":")[2]))
    return sum(peer_of(each) == address for each in gc.get_objects() if is_socket(each))


def is_socket(each: object) -> bool:
    return type(each) in (socket.socket, ssl.SSLSocket)


def peer_of(each: socket.socket) -> Any:
    try:
        return each.getpeername()
    except OSError:
        return None


def test_proxies_of_the_environment_are_ignored(monkeypatch: Any, closed_port: int) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    with serve(OK) as web, session(web) as opened:
        assert opened.get("/").status == 200


def test_a_password_in_the_users_netrc_is_not_sent(monkeypatch: Any, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serve(OK) as web, session(web) as opened:
        opened.get("/")
    assert "Authorization" not in web.asked[0][2]


def test_importing_the_api_does_not_import_requests() -> None:
    program = "import offhook.api, sys; sys.exit(bool({'requests', 'urllib3'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
