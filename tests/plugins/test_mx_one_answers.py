"""Whatever an MX-ONE answers, its users are all there, left out with a reason, or an error."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from offhook.api import RemoteError, Skipped, SourceUser
from offhook_mx_one import FACTS
from tests.lab.pki import Pki
from tests.plugins.mx_one_system import System, running

WITHIN = ("page", "user", "exte")
KEYS = st.sampled_from(
    [value for name, fact in FACTS.all.items() if name[:4] in WITHIN for value in fact.values]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def babbling(pki: Pki) -> Iterator[tuple[System, list[Any]]]:
    """A system that lists what stands in the list beside it, a page each, the last one for ever."""
    bodies: list[Any] = [None]

    def saying(app: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            listing = scope["path"] == "/user-ms/users/v1"
            said = bodies.pop(0) if listing and len(bodies) > 1 else bodies[0]
            await (JSONResponse(said) if listing else app)(scope, receive, send)

        return answer

    with running(pki, around=saying) as system:
        yield system, bodies


@pytest.mark.parametrize(("pages", "users"), [([2, 2, 1, 0], 5), ([2, 1, 0], 3), ([5], 5)])
def test_pages_that_are_bare_lists_are_read_to_the_empty_one_or_are_all(
    babbling: tuple[System, list[Any]], pages: list[int], users: int
) -> None:
    system, bodies = babbling
    numbers = iter(range(users))
    bodies[:] = [[{"extensionNumber": str(next(numbers))} for _ in range(n)] for n in pages]
    assert len(system.users()) == users


@given(said=st.lists(JSON, min_size=1, max_size=3))
@settings(max_examples=60)
def test_whatever_json_comes_it_is_a_user_left_out_or_an_error(
    babbling: tuple[System, list[Any]], said: list[Any]
) -> None:
    system, bodies = babbling
    bodies[:] = said
    with suppress(RemoteError):
        assert all(isinstance(each, SourceUser | Skipped) for each in system.users())
    assert len(system.findings()) == 6
