"""A real phone refuses exactly the servers that `offhook certs check` calls bad."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest

from offhook.certificates import live
from offhook.certificates.trust import Trust
from tests.core.certificates.scenes import SCENES
from tests.core.certificates.servers import serve
from tests.lab.kamailio import run_kamailio
from tests.lab.linphone import Linphone
from tests.lab.pages import Pages, serve_pages
from tests.lab.pki import Pki
from tests.lab.processes import private_folder

pytestmark = pytest.mark.lab
HOST = "localhost"  # Linphone compares names, and this is the one that it can resolve
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">
  <section name="auth_info_0">
    <entry name="username" overwrite="true">7328</entry>
    <entry name="passwd" overwrite="true">secret</entry>
    <entry name="realm" overwrite="true">localhost</entry>
    <entry name="domain" overwrite="true">localhost</entry>
  </section>
  <section name="proxy_0">
    <entry name="reg_proxy" overwrite="true">{proxy}</entry>
    <entry name="reg_route" overwrite="true">{proxy}</entry>
    <entry name="reg_identity" overwrite="true">&lt;sip:7328@localhost&gt;</entry>
    <entry name="reg_sendregister" overwrite="true">1</entry>
  </section>
</config>
"""
# What this Linphone takes, and others do not: Apple's and Android's phones refuse small keys and
# SHA-1, and OpenSSL wants a way to a root that is its own issuer.
LENIENT = {
    "RSA 1024",
    "intermediate with RSA 1024",
    "SHA-1",
    "intermediate trusted in place of the root",
}
# These differ in the name only, which is not the one that the phone asks for.
SAME_TO_IT = {
    *("an address", "called by its address", "called by another address", "capital letters"),
    *("wildcard", "wildcard over two labels", "wildcard of a whole top level"),
    *("permitted name", "name that is not permitted", "common name only"),
}


def answering(document: str) -> bytes:
    """Return a whole answer of a web server."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(document)}\r\n\r\n{document}".encode()


@pytest.mark.parametrize("name", [each for each in SCENES if each not in SAME_TO_IT])
def test_a_phone_fetches_its_configuration_where_the_check_says_so(name: str) -> None:
    scene = SCENES[name]()
    answer = answering(DOCUMENT.format(proxy=""))
    with private_folder("phone") as folder, serve(*scene.served, answer=answer) as port:
        root = folder / "root.pem"
        root.write_bytes(scene.trusted.pem)
        (ours,) = live.check(HOST, [port], trust=Trust(str(root)), now=datetime.now(UTC))
        with Linphone(folder / "home", f"https://{HOST}:{port}/c", root) as phone:
            accepted = phone.wait_for_provisioning()

    assert accepted == (ours.ok or name in LENIENT), ours.findings


@pytest.fixture
def pages(pki: Pki) -> Iterator[Pages]:
    """A good server that configurations come from."""
    with serve_pages(pki.leaf) as running:
        yield running


@pytest.mark.parametrize("kind", ["leaf", "leaf_only", "expired", "wrong_name", "self_signed"])
def test_a_phone_registers_over_tls_where_the_check_says_so(
    kind: str, pki: Pki, pages: Pages, make_linphone: Callable[[str], Linphone]
) -> None:
    with run_kamailio(getattr(pki, kind)) as registrar:
        registrar.add_subscribers({"7328": "secret"})
        trust = Trust(str(pki.root))
        (ours,) = live.check(HOST, [registrar.tls_port], trust=trust, now=datetime.now(UTC))
        document = DOCUMENT.format(proxy=escape(f"<{registrar.proxy}>"))
        with make_linphone(pages.add("/c", document)) as phone:
            phone.wait_for_registration("Ok" if ours.ok else "Failed")
            registered = bool(registrar.registrations())

    assert ours.ok == registered == (kind == "leaf")
