"""Proof that a host belongs to the server that asks: the host itself names the server's key."""

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import evolve, frozen

from offhook.diagnostics.probing import fetch
from offhook.model.probes import Outcome, Probe
from offhook_redirector.addresses import look_up

PATH = "/.well-known/offhook"
LIMIT = 5.0  # seconds that each stage of an attempt gets
LARGEST = 4096  # bytes
REMEMBERED = timedelta(minutes=10)
_MOST = 10_000  # proofs that are remembered


@frozen
class Proof:
    """How the proof went, and the addresses of the host, which alone may be connected to."""

    outcome: Outcome
    addresses: tuple[str, ...] = ()


class Proofs:
    """
    Asks hosts whose they are, and remembers for a while which have proved it at which addresses.

    ``ca`` is PEM text of the authorities to trust instead of this machine's.
    """

    def __init__(
        self, now: Callable[[], datetime], *, ca: str = "", allow_loopback: bool = False
    ) -> None:
        self._now = now
        self._ca = ca
        self._allow_loopback = allow_loopback
        self._known: dict[tuple[str, str, int, tuple[str, ...]], tuple[datetime, Outcome]] = {}

    async def prove(self, key: str, host: str, port: int) -> Proof:
        """Try to prove that *host* is that of the server with *key*; never raises for the host."""
        found = await look_up(host, port, LIMIT, allow_loopback=self._allow_loopback)
        if found.failure:
            return Proof(found.failure)
        place = (key, host, port, tuple(sorted(found.addresses)))
        until, outcome = self._known.get(place, (None, None))
        if until is None or outcome is None or self._now() >= until:
            self._known.pop(place, None)
            outcome = await self._ask(key, host, port, found.addresses)
            if outcome.ok:
                self._remember(place, outcome)
        return Proof(outcome, found.addresses)

    async def _ask(self, key: str, host: str, port: int, addresses: tuple[str, ...]) -> Outcome:
        wanted = Probe(scheme="https", host=host, port=port, path=PATH, ca=self._ca)
        outcome, body = await fetch(wanted, limit=LIMIT, addresses=addresses, at_most=LARGEST + 1)
        if not outcome.ok:
            return outcome
        if len(body) > LARGEST:
            return evolve(outcome, kind="proof", code="too-long", detail=f"{PATH} is too long.")
        if key not in body.decode("ascii", "replace").splitlines():
            said = f"{PATH} of {host} does not name this server's public key."
            return evolve(outcome, kind="proof", code="other-key", detail=said)
        return outcome

    def _remember(self, place: tuple[str, str, int, tuple[str, ...]], outcome: Outcome) -> None:
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[place] = (self._now() + REMEMBERED, outcome)
