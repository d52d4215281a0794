"""Downloads are counted once each, refused with a reason, and never half done."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from offhook import generic
from offhook.api import InvalidInput, hookimpl
from offhook.doors import Plugins
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import downloads, tokens
from offhook.provisioning.downloads import Answer, Ask
from offhook.store.store import Store

URL = "https://provisioning.test"


@pytest.fixture
def redeem(store: Store, plugins: Plugins, now: datetime) -> Callable[..., list[Answer]]:
    """Redeem tokens at the test's time, or later."""

    def ask(*asks: Ask, after: timedelta = timedelta()) -> list[Answer]:
        return downloads.redeem(store, plugins, asks, public_url=URL, now=now + after)

    return ask


def reasons(answers: list[Answer]) -> list[str]:
    """Return what each answer was refused for."""
    return [answer.reason for answer in answers]


def test_a_download_gives_the_configuration_and_makes_a_device(
    redeem, make_user, issue, store: Store
) -> None:
    user = make_user()
    token = issue(user)

    (answer,) = redeem(Ask(token=token, agent="phone"))

    assert answer.config
    document = json.loads(answer.config.body)
    assert document["accounts"][0]["password"] == "s3cret"
    assert document["refresh"]["url"].startswith(f"{URL}/r/")
    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.downloads_left == 2
        assert [device.agent for device in tx.devices.of_user(user.id)] == ["phone"]


def test_fifty_asks_at_once_with_three_left_get_exactly_three(redeem, make_user, issue) -> None:
    token = issue(make_user())

    answers = redeem(*[Ask(token=token)] * 50)

    assert sum(answer.config is not None for answer in answers) == 3
    assert reasons(answers).count("spent") == 47


def test_the_last_download_wipes_the_token_text(redeem, make_user, issue, store: Store) -> None:
    user = make_user()
    token = issue(user, downloads=1)

    redeem(Ask(token=token))

    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.token_state == "spent"
        assert tx.deployments.token_text(deployment.id) is None


def test_a_token_is_read_as_people_type_it(redeem, make_user, issue) -> None:
    token = issue(make_user())
    typed = token.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert reasons(redeem(Ask(token=typed))) == [""]


def test_an_unknown_token_is_refused(redeem) -> None:
    assert reasons(redeem(Ask(token="AAAAA-AAAAA-AAAAA-AAAAA"))) == ["unknown"]


def test_an_expired_token_is_refused(redeem, make_user, issue) -> None:
    token = issue(make_user(), token_lifetime="30min")

    assert reasons(redeem(Ask(token=token), after=timedelta(minutes=29))) == [""]
    assert reasons(redeem(Ask(token=token), after=timedelta(minutes=30))) == ["expired"]


def test_a_newer_link_revokes_the_older_one(redeem, make_user, issue) -> None:
    user = make_user()
    older, newer = issue(user), issue(user)

    assert reasons(redeem(Ask(token=older), Ask(token=newer))) == ["revoked", ""]


def test_a_client_without_the_pin_is_refused_and_nothing_is_counted(
    redeem, make_user, issue, store: Store
) -> None:
    user = make_user(pin=Secret("4711"))
    token = issue(user)

    assert reasons(redeem(Ask(token=token))) == ["pin-needed"]

    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.downloads_left == 3
        assert [each.reason for each in tx.refusals.of(deployment.id)] == ["pin-needed"]


def test_an_incomplete_user_is_refused_and_nothing_is_counted(redeem, make_user, issue) -> None:
    token = issue(make_user(pbx_password=None))

    assert reasons(redeem(Ask(token=token))) == ["incomplete"]


def test_a_render_that_fails_counts_nothing(store: Store, now: datetime, make_user, issue) -> None:
    class Failing:
        @hookimpl
        def client_formats(self) -> object:
            return generic.client_formats()

        @hookimpl
        def render(self) -> object:
            raise InvalidInput("no")

        @hookimpl
        def pbx_type(self) -> object:
            return generic.pbx_type()

    user = make_user()
    ask = Ask(token=issue(user))

    (answer,) = downloads.redeem(
        store, Plugins({"failing": Failing()}), [ask], public_url=URL, now=now
    )

    assert answer.reason == "render-failed"
    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.downloads_left == 3


def test_a_profile_whose_format_is_not_installed_is_refused(redeem, make_user, issue) -> None:
    token = issue(make_user(settings={"client_format": "zoiper"}))

    assert reasons(redeem(Ask(token=token))) == ["profile-unavailable"]


def test_a_client_may_choose_another_format(redeem, make_user, issue) -> None:
    token = issue(make_user())

    (answer,) = redeem(Ask(token=token, format="linphone"))

    assert answer.config
    assert answer.config.content_type.startswith("application/xml")


def test_many_users_are_answered_with_one_call(redeem, make_user, issue) -> None:
    users: list[User] = [make_user(str(number)) for number in range(1000, 1020)]
    links = [issue(user) for user in users]

    answers = redeem(*[Ask(token=token) for token in links])

    found = [json.loads(answer.config.body)["user"]["number"] for answer in answers]
    assert found == [user.number for user in users]


def test_the_download_host_of_the_profile_is_in_the_refresh_address(
    redeem, make_user, issue
) -> None:
    token = issue(make_user(settings={"download_host": "get.example.test:8443"}))

    (answer,) = redeem(Ask(token=token))

    address = json.loads(answer.config.body)["refresh"]["url"]
    assert address.startswith("https://get.example.test:8443/r/")


def test_a_token_has_a_hundred_bits_and_no_letters_that_are_misread() -> None:
    texts = {tokens.make_text(tokens.TOKEN_LENGTH).reveal() for _ in range(500)}

    assert len(texts) == 500
    assert all(len(tokens.normalize(text)) == 20 for text in texts)
    assert not set("".join(texts)) & set("ILOU")


def test_a_pair_that_downloads_twice_at_once_makes_one_device(
    redeem, make_user, issue, store: Store
) -> None:
    user = make_user()
    ask = Ask(token=issue(user), device_id="phone-1")

    assert reasons(redeem(ask, ask)) == ["", "signed-in"]
    assert reasons(redeem(ask)) == ["signed-in"]
    with store.read() as tx:
        deployment = tx.deployments.current(user.id)
        assert deployment
        assert deployment.downloads_left == 2
        assert tx.refusals.of(deployment.id) == []
