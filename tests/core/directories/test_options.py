"""What an administrator says about a directory becomes what is asked of it."""

import pytest

from offhook.api import DirectoryOptions

USUAL = "(objectClass=user)"


@pytest.mark.parametrize(
    ("said", "asked"),
    [("", USUAL), ("l=Lyon", "(l=Lyon)"), ("(&(l=Lyon)(uid=a))", "(&(l=Lyon)(uid=a))")],
)
def test_a_filter_may_do_without_its_outer_brackets(said: str, asked: str) -> None:
    assert DirectoryOptions(filter=said).query(USUAL) == asked
