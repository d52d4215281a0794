"""A hand-written document makes a real Linphone register at a real Kamailio."""

from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

import pytest

from tests.lab.kamailio import Kamailio
from tests.lab.linphone import Linphone
from tests.lab.pages import Pages, serve_pages
from tests.lab.pki import Pki

pytestmark = pytest.mark.lab

_DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">
  <section name="sip">
    <entry name="default_proxy" overwrite="true">0</entry>
    <entry name="media_encryption" overwrite="true">srtp</entry>
  </section>
  <section name="auth_info_0">
    <entry name="username" overwrite="true">{user}</entry>
    <entry name="passwd" overwrite="true">{password}</entry>
    <entry name="realm" overwrite="true">localhost</entry>
    <entry name="domain" overwrite="true">localhost</entry>
  </section>
  <section name="proxy_0">
    <entry name="reg_proxy" overwrite="true">&lt;{proxy}&gt;</entry>
    <entry name="reg_route" overwrite="true">&lt;{proxy}&gt;</entry>
    <entry name="reg_identity" overwrite="true">&lt;sip:{user}@localhost&gt;</entry>
    <entry name="reg_expires" overwrite="true">600</entry>
    <entry name="reg_sendregister" overwrite="true">1</entry>
  </section>
</config>
"""


@pytest.fixture
def pages(pki: Pki) -> Iterator[Pages]:
    with serve_pages(pki.leaf) as running:
        yield running


@pytest.mark.parametrize(
    "password",
    ["& < > \" ' ; # = \\ % [ ] ,", "two  spaces\tand a tab", "Пароль-ключ", "x" * 200],
    ids=["punctuation", "white space", "Cyrillic", "long"],
)
def test_any_password_registers(
    kamailio: Kamailio, pages: Pages, make_linphone: Callable[[str], Linphone], password: str
) -> None:
    kamailio.add_subscribers({"7328": password})
    document = _DOCUMENT.format(user="7328", password=escape(password), proxy=kamailio.proxy)

    with make_linphone(pages.add("/c", document)) as phone:
        assert phone.wait_for_provisioning()
        phone.wait_for_registration()
        registration = kamailio.registrations()["7328"]

    assert registration.transport == "tls"


def test_a_wrong_password_is_refused(
    kamailio: Kamailio, pages: Pages, make_linphone: Callable[[str], Linphone]
) -> None:
    kamailio.add_subscribers({"7328": "right"})
    document = _DOCUMENT.format(user="7328", password="wrong", proxy=kamailio.proxy)

    with make_linphone(pages.add("/c", document)) as phone:
        phone.wait_for_registration("Failed")

    assert kamailio.registrations() == {}


def test_a_phone_keeps_its_home_over_starts(
    kamailio: Kamailio, pages: Pages, make_linphone: Callable[[str], Linphone]
) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    document = _DOCUMENT.format(user="7328", password="secret", proxy=kamailio.proxy)
    phone = make_linphone(pages.add("/c", document))

    with phone:
        phone.wait_for_registration()
    pages.content.clear()
    with phone:
        assert not phone.wait_for_provisioning()
        assert phone.http_answers() == [404]
        phone.wait_for_registration()

    assert phone.starts == 2
    assert pages.asked == ["/c", "/c"]
    assert phone.settings()["auth_info_0"]["username"] == "7328"
    assert "sip:7328@localhost" in phone.settings()["proxy_0"]["reg_identity"]
