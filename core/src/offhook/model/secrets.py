"""A value that must not be seen: it prints as stars and is revealed in the line that uses it."""

import hmac
from typing import final


@final
class Secret:
    """A hidden text: printed in any way it is ``****``; ``reveal()`` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the hidden text. Call it in the line that needs it and keep it nowhere."""
        return self._text

    def matches(self, guess: str) -> bool:
        """Compare with *guess* in constant time."""
        return hmac.compare_digest(self._text.encode(), guess.encode())

    def __repr__(self) -> str:
        return "****"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("****", spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")
