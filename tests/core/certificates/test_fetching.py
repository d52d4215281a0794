"""Missing intermediate certificates are got from where their issuer says, and from nowhere else."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from offhook.certificates.fetching import complete, download
from offhook.certificates.trust import Trust
from offhook.errors import BadAnswer, Unreachable
from tests.core.certificates.authorities import intermediate, leaf, root

NOW = datetime.now(UTC)
ROOT = root()


@pytest.fixture
def trust(tmp_path):
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    return Trust(str(tmp_path / "root.pem"))


@pytest.fixture
def site() -> Iterator[dict[str, bytes]]:
    """A web server of an authority: content by path; its address is at the empty path."""
    content: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = content.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        content[""] = f"http://127.0.0.1:{server.server_port}".encode()
        yield content
        server.shutdown()
        thread.join(5)


def der(issued):
    return issued.certificate.public_bytes(Encoding.DER)


def test_two_missing_links_are_fetched_in_der_and_pkcs7(site, trust):
    base = site[""].decode()
    upper = intermediate("Upper", ROOT)
    lower = intermediate("Lower", upper, url=f"{base}/upper.p7c")
    own = leaf(lower, url=f"{base}/lower.cer")
    site["/lower.cer"] = der(lower)
    site["/upper.p7c"] = pkcs7.serialize_certificates([upper.certificate], Encoding.DER)

    found = complete([own.certificate], trust, NOW)

    assert found.chain == (own.certificate, lower.certificate, upper.certificate)
    assert found.missing is None
    assert found.trusted


def test_what_is_complete_is_not_asked_for(trust):
    own = leaf(ROOT, url="http://127.0.0.1:1/x")

    assert complete([own.certificate], trust, NOW).chain == (own.certificate,)


def test_without_an_address_it_stays_missing(trust):
    own = leaf(intermediate("Middle", ROOT))

    assert complete([own.certificate], trust, NOW).missing.name == "CN=Middle"


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        (None, Unreachable, "404"),
        (b"<html>gone</html>", BadAnswer, "gives no certificate"),
        (der(intermediate("Middle", ROOT)), BadAnswer, "has not issued Server"),
    ],
)
def test_what_is_had_there_and_does_not_help_is_told(site, trust, content, error, reason):
    url = f"{site[''].decode()}/middle.cer"
    if content is not None:
        site["/middle.cer"] = content
    own = leaf(intermediate("Middle", ROOT), url=url)

    with pytest.raises(error, match=reason) as caught:
        complete([own.certificate], trust, NOW)
    assert "browser" in caught.value.hint


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ldap://ca.example.test/cn=x", "data:,x"])
def test_only_the_web_is_asked(url):
    with pytest.raises(BadAnswer, match="no address of the web"):
        download(url)


def test_nobody_there_is_told():
    with pytest.raises(Unreachable, match="cannot be had"):
        download("http://127.0.0.1:1/x.cer")
