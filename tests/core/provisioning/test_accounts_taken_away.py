"""A device that once had an account is told to drop it when there is none for it any more."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from offhook.doors import Plugins
from offhook.provisioning import downloads, profiles, refresh
from offhook.provisioning.downloads import Answer, Ask
from offhook.provisioning.refresh import Call
from offhook.store.store import Store

URL = "https://provisioning.test"
EMPTIED = re.compile(r'name="auth_info_0">\s*<entry name="username" overwrite="true"></entry>')


class Phone:
    """A Linphone as the server sees it; ``body`` is what it was told last."""

    def __init__(self, store: Store, plugins: Plugins, now: datetime) -> None:
        self.store, self.plugins, self.now = store, plugins, now
        self.body = ""

    def download(self, token: str) -> None:
        (answer,) = downloads.redeem(
            self.store, self.plugins, [Ask(token=token)], public_url=URL, now=self.now
        )
        self._take(answer)

    def refresh(self) -> None:
        found = re.search(r"/r/([-\w]+)<", self.body)
        assert found
        calls = [Call(token=found[1])]
        (answer,) = refresh.answer(
            self.store, self.plugins, calls, public_url=URL, now=self.now + timedelta(seconds=1)
        )
        self._take(answer)

    def _take(self, answer: Answer) -> None:
        assert answer.config, answer.reason
        self.body = answer.config.body.decode()

    @property
    def is_told_to_drop_its_account(self) -> bool:
        return bool(EMPTIED.search(self.body))


@pytest.fixture
def phone(store: Store, plugins: Plugins, now: datetime) -> Phone:
    return Phone(store, plugins, now)


@pytest.fixture
def softphone(store: Store, plugins: Plugins, now: datetime) -> Callable[[str], None]:
    """Switch the profile's softphone."""

    def switch(value: str) -> None:
        texts = {"use_softphone": value}
        profiles.edit(store, plugins, "default", texts, actor="me", now=now)

    return switch


def test_an_account_that_a_device_had_is_taken_off_at_every_refresh(
    phone: Phone, make_user, issue, softphone
) -> None:
    phone.download(issue(make_user(settings={"client_format": "linphone"})))
    assert not phone.is_told_to_drop_its_account

    softphone("off")

    for _ in range(2):
        phone.refresh()
        assert phone.is_told_to_drop_its_account


def test_a_device_that_never_had_an_account_is_told_of_none(
    phone: Phone, make_user, issue, softphone
) -> None:
    settings = {"client_format": "linphone", "use_softphone": "off"}
    phone.download(issue(make_user(settings=settings)))
    phone.refresh()
    assert "auth_info_0" not in phone.body


def test_an_account_that_came_with_a_refresh_is_remembered_too(
    phone: Phone, make_user, issue, softphone
) -> None:
    settings = {"client_format": "linphone", "use_softphone": "off"}
    phone.download(issue(make_user(settings=settings)))
    softphone("on")
    phone.refresh()
    assert '<entry name="passwd" overwrite="true">s3cret</entry>' in phone.body

    softphone("off")
    phone.refresh()

    assert phone.is_told_to_drop_its_account


def test_a_fresh_link_takes_off_what_an_earlier_one_may_have_left_on_the_phone(
    phone: Phone, make_user, issue, softphone
) -> None:
    user = make_user(settings={"client_format": "linphone"})
    phone.download(issue(user))
    softphone("off")

    phone.download(issue(user))

    assert phone.is_told_to_drop_its_account
