"""Turns what a border gateway refuses into a sentence, and what an administrator does about it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from attrs import frozen

from offhook.api import BadAnswer, HttpAnswer, Refused, RemoteError, Unreachable

Names = Mapping[str, Sequence[str]]
_PROBLEM = re.compile(r"oauth_problem=\"?([a-z_]+)")
_SERVICES = "Administration > Web services"
_AUTHORIZE = "Ask to be let in again: offhook connections authorize {name}"
_COPY = "Copy the verifier once more, the one of the latest request. If it stays so, ask again: "
_SIGNATURE = "Correct consumer_secret (or private_key), and signature_method."
_ONCE = "Look for something in between that sends requests twice, such as a proxy; then try again."
_COMPARE = "Compare its version with what is taken for granted: offhook plugins show mbg."

# By oauth_problem: what is wrong, and what to do.
_PROBLEMS = {
    "consumer_key_unknown": (
        "does not know the consumer {consumer!r}",
        f"Add it over there ({_SERVICES}), or correct consumer_id.",
    ),
    "parameter_rejected": ("does not take what the request says", _COMPARE),
    "consumer_key_refused": (
        "has the consumer {consumer!r} switched off",
        f"Make it active over there: {_SERVICES}.",
    ),
    "signature_method_rejected": (
        "does not take signatures by {method} from {consumer!r}",
        "Choose another signature_method; RSA-SHA1 needs our public key over there.",
    ),
    "signature_invalid": ("finds the signature wrong", _SIGNATURE),
    "nonce_used": ("has seen the same request before, its nonce was used already", _ONCE),
    "token_rejected": ("does not know our token", _AUTHORIZE),
    "token_expired": ("says that our token has ended", _AUTHORIZE),
    "token_revoked": ("has taken our token back", _AUTHORIZE),
    "verifier_invalid": (
        "finds the verifier wrong, or nobody has approved the request yet",
        _COPY + "offhook connections authorize {name}",
    ),
    "user_refused": ("has our request denied by its administrator", _AUTHORIZE),
}
# The same, while a request waits for its verifier.
_OF_REQUEST = {
    "token_rejected": (
        "does not know our request: it was denied, answered before, or has expired",
        _AUTHORIZE,
    ),
    "token_used": ("has answered our request before", _AUTHORIZE),
    "token_expired": ("says that our request has expired", _AUTHORIZE),
}


class Denied(Refused):
    """We are let in, but may not do this."""


@frozen(kw_only=True)
class Refusals:
    """Explains the answers of one gateway; ``waiting`` while there is a request, but no token."""

    server: str
    names: Names
    consumer: str
    method: str
    connection: str
    waiting: bool

    def code(self, answer: HttpAnswer) -> str:
        """Return what kind of refusal an answer is, empty where it does not say."""
        given = answer.body if isinstance(answer.body, dict) else {}
        code = given.get(self.names["error.code"][0])
        found = _PROBLEM.search(answer.headers.get("WWW-Authenticate", ""))
        return code if isinstance(code, str) else found[1] if found else ""

    def explain(self, answer: HttpAnswer, path: str, said: str, now: datetime) -> RemoteError:
        """Return what *answer* to a request of *path* means; *said* is the reason in it."""
        code = self.code(answer)
        if code == "timestamp_refused":
            return self._clocks(answer, now)
        problems = {**_PROBLEMS, **(_OF_REQUEST if self.waiting else {})}
        if code in problems:
            return self._refused(*problems[code], said)
        if self.is_stopped(answer):
            return self._stopped(answer.status, path)
        if answer.status == 401:
            return self._refused("does not accept the request (401)", _SIGNATURE, said)
        why = f": {said}" if said else "."
        if answer.status == 403:
            return Denied(
                f"{self.server} does not let {self.consumer!r} use {path} (403){why}",
                hint=f"Give the consumer the permission that it lacks: {_SERVICES}.",
            )
        if answer.status == 429:
            return Unreachable(f"{self.server} gets too many requests (429){why}", hint="Wait.")
        hint = "Look into its log; try again later." if answer.status >= 500 else _COMPARE
        return BadAnswer(
            f"{self.server} answered {path} with status {answer.status}{why}", hint=hint
        )

    def is_stopped(self, answer: HttpAnswer) -> bool:
        """Tell whether it is the answer of a gateway whose web service does not run."""
        code = self.code(answer)
        return code == self.names["code.stopped"][0] or (answer.status in (404, 503) and not code)

    def _stopped(self, status: int, path: str) -> Refused:
        return Refused(
            f"The web service of {self.server} is not active ({status} at {path}).",
            hint=f"Start it over there: {_SERVICES} > Start. {_COMPARE}",
        )

    def _clocks(self, answer: HttpAnswer, now: datetime) -> Refused:
        theirs = answer.sent_at
        what = f"it has {_shown(theirs)}" if theirs else "it does not say its own"
        return Refused(
            f"{self.server} refuses the time of the request: here it is {_shown(now)}, {what}.",
            hint="Set both clocks by a time server.",
        )

    def _refused(self, what: str, hint: str, said: str) -> Refused:
        words = {"consumer": self.consumer, "method": self.method, "name": self.connection}
        why = f": {said}" if said else "."
        return Refused(f"{self.server} {what.format(**words)}{why}", hint=hint.format(**words))


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
