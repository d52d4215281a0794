"""One quote more on the way out, exactly that one less on the way in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.sheets.guards import guard, unguard

awkward = st.text(st.sampled_from("=+-@\t\r\n' a")) | st.text()


@given(awkward)
def test_guarding_can_always_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text


@given(awkward)
def test_nothing_guarded_can_be_run(text: str) -> None:
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["", "Anna", "0012", "'s-Hertogenbosch", "'", "a=1", "O'Brien"])
def test_what_was_never_guarded_is_left_alone(text: str) -> None:
    assert unguard(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+49 228", "-", "@x", "\tx", "\rx", "'s-Gravenhage"])
def test_cells_that_could_be_run_get_one_quote(text: str) -> None:
    assert guard(text) == f"'{text}"
