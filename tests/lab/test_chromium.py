"""A real browser trusts the laboratory's authority and nothing beyond it."""

from typing import TYPE_CHECKING

import pytest

from tests.lab.pages import serve_pages
from tests.lab.pki import Pki

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.lab

HELLO = "<title>offhook</title>"


def test_the_browser_trusts_our_authority(page: "Page", pki: Pki) -> None:
    with serve_pages(pki.leaf, kind="text/html") as pages:
        page.goto(pages.add("/", HELLO))
        assert page.title() == "offhook"


def test_the_browser_refuses_a_foreign_authority(page: "Page", pki: Pki) -> None:
    with serve_pages(pki.foreign, kind="text/html") as pages:
        with pytest.raises(Exception, match="ERR_CERT_AUTHORITY"):
            page.goto(pages.add("/", HELLO))
        assert pages.asked == []
