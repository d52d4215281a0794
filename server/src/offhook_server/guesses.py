"""Limits guessing per address: who guesses wrong too often waits a minute."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from time import monotonic


class Guesses:
    """
    Counts wrong guesses per address (IPv6: per /64) and blocks at ``most`` within ``seconds``.

    Remembers at most ``addresses`` of them; the one that started longest ago is forgotten first.
    """

    def __init__(
        self,
        *,
        most: int = 60,
        seconds: float = 60,
        addresses: int = 20_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._addresses = addresses
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}

    def blocked(self, address: str) -> bool:
        """Whether *address* has to wait."""
        if not self._seen:
            return False
        count, ends = self._seen.get(_network(address), (0, 0.0))
        return count >= self._most and self._clock() < ends

    def count(self, address: str) -> None:
        """Count a wrong guess; the last one that is allowed starts the wait."""
        now, key = self._clock(), _network(address)
        count, ends = self._seen.pop(key, (0, 0.0))
        if now >= ends:
            count, ends = 0, now + self._seconds
        if count + 1 == self._most:
            ends = now + self._seconds
        if len(self._seen) >= self._addresses:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = (count + 1, ends)


def _network(address: str) -> str:
    """Return what one guesser owns: an IPv4 address, or the /64 of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or ip_network((found, 64), strict=False))
