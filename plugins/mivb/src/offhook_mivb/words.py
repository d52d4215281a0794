"""The system's words for phones, roles and answers: whatever their spelling, one word for each."""

from collections.abc import Mapping
from functools import lru_cache

from offhook_mivb.facts import FACTS


@lru_cache(maxsize=4096)
def find_word(section: str, text: str, facts: str = "") -> str:
    """Return our word of which *text* is a spelling, see `Facts.find_word`; *facts* overrides."""
    return FACTS.find_word(section, text, facts)


PHONES = tuple(FACTS.words("phone").values())
_ROLES = FACTS.words("role")
NO_CLIENT = frozenset({_ROLES["entry"], _ROLES["none"]})
ROLES: Mapping[str, bool] = {role: role not in NO_CLIENT for role in _ROLES.values()}
