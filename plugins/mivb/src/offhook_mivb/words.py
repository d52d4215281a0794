"""The system's words for phones, roles and answers: whatever their spelling, one word for each."""

import re
from collections.abc import Mapping
from functools import lru_cache

from offhook_mivb.facts import FACTS

_ANY_VERSION = re.compile(r"Vx\\\.0", re.IGNORECASE)  # as it is once escaped


@lru_cache(maxsize=4096)
def find_word(section: str, text: str, facts: str = "") -> str:
    """
    Return the word of a *section* of our facts that *text* is a spelling of; empty for none.

    *facts* overrides the spellings. Case and the number of spaces do not matter, nor does the
    version in a role's name.
    """
    plain = " ".join(text.split())
    for name, spellings in FACTS.section(section, facts).items():
        if any(_pattern(spelling).fullmatch(plain) for spelling in spellings):
            return FACTS.section(section)[name][0]
    return ""


def _pattern(spelling: str) -> re.Pattern[str]:
    exact = re.escape(" ".join(spelling.split()))
    return re.compile(_ANY_VERSION.sub(r"V\\d+\\.\\d+", exact), re.IGNORECASE)


def _words(section: str) -> dict[str, str]:
    return {name: values[0] for name, values in FACTS.section(section).items()}


PHONES = tuple(_words("phone").values())
NO_CLIENT = frozenset({_words("role")["entry"], _words("role")["none"]})
ROLES: Mapping[str, bool] = {role: role not in NO_CLIENT for role in _words("role").values()}
