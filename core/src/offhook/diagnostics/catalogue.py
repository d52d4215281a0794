"""The catalogue of what the tests may say: found by an outcome, or by a text that is pasted."""

from collections.abc import Iterable, Mapping

from attrs import frozen

from offhook.diagnostics import commonmessages, observations
from offhook.diagnostics.downloadmessages import MESSAGES as DOWNLOAD
from offhook.diagnostics.messages import Message, Test
from offhook.diagnostics.redirectmessages import MESSAGES as REDIRECT
from offhook.diagnostics.servicemessages import MESSAGES as SERVICE
from offhook.formats import at_host
from offhook.model.findings import Finding
from offhook.model.probes import Outcome, Probe

OWN: Mapping[Test, tuple[Message, ...]] = {
    "redirect": REDIRECT,
    "download": DOWNLOAD,
    "service": SERVICE,
}
COMMON = (*commonmessages.FIRST, *commonmessages.LAST, *observations.MESSAGES)
_BLANKS = {name: name.upper() for name in ("host", "port", "hop", "code", "detail")} | {
    name: name.upper() for name in ("inside", "outside", "dead", "names")
}


@frozen
class Explained:
    """A message, and the test that says it; no test where any may."""

    test: Test | None
    message: Message


def recognise(test: Test, outcome: Outcome) -> Message:
    """Return what *test* says to an outcome that is a failure; the first message that fits."""
    known = (*commonmessages.FIRST, *OWN[test], *commonmessages.LAST)
    return next(each for each in known if each.fits(outcome))


def finding(test: Test, probe: Probe, outcome: Outcome) -> Finding:
    """Return what *test* says to the outcome of a probe that failed."""
    message = recognise(test, outcome)
    words = {
        "host": probe.host,
        "port": probe.port,
        "hop": outcome.hop or at_host(probe.host, probe.port),
        "code": outcome.code or outcome.kind,
        "detail": outcome.detail.rstrip(".") or outcome.kind,
    }
    return Finding(
        level="failure",
        code=message.code,
        summary=message.summary.format_map(words),
        meaning=message.meaning.format_map(words),
        action=message.action.format_map(words),
    )


def blank(text: str) -> str:
    """Return a text of a message with a word in place of what only a test knows."""
    return text.format_map(_BLANKS)


def explain(text: str) -> list[Explained]:
    """Return the messages that *text* is: one of our codes, or one of the vendor's, pasted."""
    wanted = " ".join(text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    known = [*_with_tests(), *(Explained(None, each) for each in COMMON)]
    named = [each for each in known if each.message.code == wanted]
    return named or _speaking(known, wanted, all_words=True) or _speaking(known, wanted)


def _with_tests() -> Iterable[Explained]:
    for test, messages in OWN.items():
        yield from (Explained(test, each) for each in messages)


def _speaking(known: Iterable[Explained], wanted: str, all_words: bool = False) -> list[Explained]:
    """Return the messages whose words, or whose first ones, stand in *wanted*."""
    return [
        each
        for each in known
        if (words := each.message.pasted[: None if all_words else 1])
        and all(word in wanted for word in words)
    ]
