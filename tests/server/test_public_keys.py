"""A host says by which keys redirect services know the installation behind it."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from offhook.api import Authorization, Secret
from offhook.provisioning import connections
from offhook.store.authorizations import StoredAuthorization
from tests.core.scripted_https import Reply, serve
from tests.lab.pki import Pki
from tests.server.conftest import OWN, Site

PATH = "/.well-known/offhook"
OPTIONS = {"host": "r.example.test", "sender": "it@example.test"}


def add(site: Site, name: str, **options: str) -> None:
    """Store a connection to a redirect service."""
    texts, now = OPTIONS | options, datetime.now(UTC)
    connections.add(site.store, site.app.plugins, name, "redirect", texts, actor="test", now=now)


def connect(site: Site, name: str, key: str) -> None:
    """Store a connection to a redirect service, and the key that it may know."""
    add(site, name)
    given = Authorization(
        state="requested", token=Secret(key), secret=Secret("private-half"), token_id=key
    )
    with site.store.write() as tx:
        tx.authorizations.put(StoredAuthorization(connection=name, authorization=given))


def test_every_key_has_a_line_of_its_own(site: Site, client: TestClient) -> None:
    connect(site, "one", "b-key=")
    connect(site, "two", "a-key=")

    answer = client.get(PATH)

    assert (answer.status_code, answer.text) == (200, "a-key=\nb-key=\n")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "private-half" not in answer.text


def test_a_new_key_is_there_at_once(site: Site, client: TestClient) -> None:
    assert client.get(PATH).status_code == 404

    connect(site, "one", "a-key=")

    assert client.get(PATH).text == "a-key=\n"


def test_the_portal_shows_the_key_that_goes_to_the_operator(
    site: Site, logged_in: TestClient, client: TestClient, pki: Pki
) -> None:
    stranger = Reply(status=403, body={"code": "unknown-server", "detail": "No."})
    with serve(stranger, certificate=pki.leaf) as web:
        place = {"host": "localhost", "port": str(urlsplit(web.base).port)}
        add(site, "away", **place, ca_file=str(pki.root))
        page = logged_in.post("/connections/away/authorize", headers=OWN)

    key = client.get(PATH).text.strip()
    assert len(key) == 44
    assert f'<code id="token">{key}</code>' in page.text
    assert "authorize away --approved" in page.text
