"""Users are found, listed page by page and searched, the same on both databases."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from offhook.model.users import Selection, User
from offhook.store.store import Store
from offhook.store.users import SORTS

Make = Callable[..., User]


def pages(store: Store, **order: Any) -> list[str]:
    """Return the numbers of all users, fetched two at a time."""
    found, after = [], None
    while True:
        with store.read() as tx:
            page = tx.users.page(Selection(), after=after, limit=2, **order)
        found += [line.number for line in page.lines]
        after = page.next
        if not after:
            return found


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_is_the_same_up_and_down(
    store: Store, make_user: Make, issue: Callable[..., str], sort: str
) -> None:
    for number in "34125":
        user = make_user(number, first_name="Same" if number > "2" else "Other")
        if number in "13":
            issue(user)

    up, down = pages(store, sort=sort), pages(store, sort=sort, descending=True)

    assert sorted(up) == [*"12345"]
    assert down == up[::-1]


@pytest.mark.parametrize("mark", ["x", 1, [1, 2], {}, ["deployed", "x", "u"], ["deployed", 1, "u"]])
def test_a_mark_that_is_none_is_told(store: Store, mark: Any) -> None:
    text = mark if mark == "x" else base64.urlsafe_b64encode(json.dumps(mark).encode()).decode()

    with pytest.raises(ValueError, match="no end of a page"), store.read() as tx:
        tx.users.page(Selection(), sort="deployed", after=text)


@pytest.mark.parametrize(("sort", "other"), [("last_name", "deployed"), ("deployed", "last_name")])
def test_the_mark_of_another_order_is_told(
    store: Store, make_user: Make, sort: str, other: str
) -> None:
    for number in "12":
        make_user(number)
    with store.read() as tx:
        mark = tx.users.page(Selection(), sort=sort, limit=1).next
        with pytest.raises(ValueError, match="no end of a page"):
            tx.users.page(Selection(), sort=other, after=mark)


def test_a_name_that_nobody_has_is_no_error(store: Store, make_user: Make) -> None:
    make_user("7328")
    make_user("")
    with store.read() as tx:
        assert [tx.users.named(name) for name in ("", "hq/", "/", "hq/7328")] == [[]] * 4
        assert tx.users.named("7328") == ["user-7328"]
        assert tx.users.numbers_like("") == ["7328"]
        assert tx.users.numbers_like("%") == []


def test_a_search_takes_signs_as_they_are_and_no_notice_of_case(
    store: Store, make_user: Make
) -> None:
    make_user("1", last_name="Ümit_100%")
    make_user("2", last_name="Ümit-1000", first_name="Bea")

    def found(text: str) -> list[str]:
        with store.read() as tx:
            return [line.number for line in tx.users.page(Selection(search=text)).lines]

    assert found("üMIT_") == ["1"]
    assert found("100%") == ["1"]
    assert found("bea ümit") == ["2"]
