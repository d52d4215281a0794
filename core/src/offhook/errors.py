"""
What can go wrong, sorted by who has to act on it.

* OffhookError
  * SettingsError     the settings, the key file or the data folder are wrong   edit them
  * UnknownName       no such user, connection, profile, plugin                 check the spelling
  * InvalidInput      values that cannot be used, all of them at once           correct them
  * PluginError       a plugin broke its contract                               tell its author
  * RemoteError       another system let us down
    * Unreachable       it did not answer                                       try again later
    * Refused           it turned down our login, rights or certificate         fix the connection
    * BadAnswer         it said something that we cannot read                   compare versions
  * DownloadRefused   a token is unknown, used up, expired, locked              deploy again
"""

from collections.abc import Sequence
from difflib import get_close_matches

from attrs import frozen


class OffhookError(Exception):
    """
    Base of every error that offhook raises on purpose.

    ``hint`` says what to do about it; empty where the message already does.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def whole(self) -> str:
        """The message and what to do about it, in one text."""
        return f"{self} {self.hint}".strip()


class SettingsError(OffhookError):
    """The settings file, an OFFHOOK_* variable, the key file or the data folder is wrong."""


class UnknownName(OffhookError):
    """Nothing of this kind has that name; the hint offers the nearest ones."""

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        near = get_close_matches(name, sorted(set(known)), n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else ""
        if not hint and known:
            hint = f"Known: {', '.join(sorted(known)[:10])}."
        super().__init__(f"There is no {kind} {name!r}.", hint=hint)


@frozen
class Problem:
    """One value that cannot be used: where it stands, what it is (secrets masked), and why not."""

    field: str
    value: str
    reason: str

    def within(self, name: str) -> "Problem":
        """Return the problem as one of the thing *name*, which has the field."""
        return Problem(f"{name}: {self.field}", self.value, self.reason)

    def __str__(self) -> str:
        shown = f" {self.value!r}" if self.value else ""
        return f"{self.field}{shown}: {self.reason}"


class InvalidInput(OffhookError):
    """Values that cannot be used; ``problems`` lists every one of them."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), *, hint: str = "") -> None:
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{message}{lines}", hint=hint)
        self.problems = tuple(problems)


class PluginError(OffhookError):
    """A plugin broke its contract: a stray exception, a missing hook, a call past its limit."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(
            f"Plugin {plugin}: {message}",
            hint="Tell the plugin's author, or disable it in the settings (disabled_plugins).",
        )
        self.plugin = plugin


class RemoteError(OffhookError):
    """Another system let us down; one of the three below."""


class Unreachable(RemoteError):
    """It did not answer: try again later."""


class Refused(RemoteError):
    """It turned down our login, our rights or our certificate, or we turned down its own."""


class BadAnswer(RemoteError):
    """It said something that we cannot read: compare versions."""


class DownloadRefused(OffhookError):
    """A download is refused; ``reason`` is one of the stable reason codes, for administrators."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"download refused: {reason}")
        self.reason = reason
