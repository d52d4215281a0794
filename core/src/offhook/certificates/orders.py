"""Puts certificates in order: the server's first, then each one's issuer, the root left out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from attrs import frozen
from cryptography import x509

from offhook.certificates.trust import Trust
from offhook.certificates.views import (
    common_name,
    is_authority,
    is_self_signed,
    issued,
    issuer_urls,
    title,
)
from offhook.errors import InvalidInput

_Above = Mapping[x509.Certificate, Sequence[x509.Certificate]]
_LONGEST = 10  # links; more than any authority has
_MOST = 1000  # ways that are looked at, in bundles that somebody made to confuse


@frozen(kw_only=True)
class Missing:
    """A certificate that is not there: whom it would have issued, its name, where it may be had."""

    issued: str
    name: str
    urls: tuple[str, ...]


@frozen(kw_only=True)
class Ordered:
    """
    Certificates as a server presents them: ``chain``, the server's own first.

    ``root`` is where they end, if it was among them or is known; ``trusted`` where clients have it,
    so that servers need not send it. ``missing`` is the issuer of the last one where it is unknown.
    ``left_out`` belong to something else, or to another way to a root; ``repeated`` is how many
    were there twice.
    """

    chain: tuple[x509.Certificate, ...]
    root: x509.Certificate | None = None
    trusted: bool = False
    missing: Missing | None = None
    left_out: tuple[x509.Certificate, ...] = ()
    repeated: int = 0

    @property
    def leaf(self) -> x509.Certificate:
        """The server's own certificate."""
        return self.chain[0]


def order(
    certificates: Sequence[x509.Certificate],
    trust: Trust,
    now: datetime,
    first: x509.Certificate | None = None,
) -> Ordered:
    """
    Return *certificates* in order; from *first* on, else from the one for a server.

    Of several ways it is one to a root that clients have, and of those one that is valid *now*, and
    then the longest, which older phones know, too. Raises `InvalidInput` where it cannot be told
    what comes first.
    """
    distinct = tuple(dict.fromkeys(certificates))
    above = _issuers(distinct)
    ways = islice(_ways((first or _first(above),), above, trust), _MOST)
    way = max(ways, key=lambda each: _worth(each, trust, now))
    chain = _without_root(way)
    root = way[-1] if is_self_signed(way[-1]) and is_authority(way[-1]) else None
    known = trust.issuer_of(way[-1])
    root = root or known
    return Ordered(
        chain=chain,
        root=root,
        trusted=known is not None,
        missing=None if root or is_self_signed(way[-1]) else _missing(chain[-1]),
        left_out=tuple(each for each in distinct if each not in (*way, root)),
        repeated=len(certificates) - len(distinct),
    )


def _issuers(distinct: Sequence[x509.Certificate]) -> _Above:
    """Return for each of them those among them that have issued it."""
    by_name = defaultdict(list)
    for each in distinct:
        if is_authority(each):
            by_name[each.subject].append(each)
    return {
        each: [other for other in by_name[each.issuer] if other != each and issued(other, each)]
        for each in distinct
    }


def _first(above: _Above) -> x509.Certificate:
    servers = [each for each in above if not is_authority(each)]
    issuers = {each for some in above.values() for each in some}
    ends = servers or [each for each in above if each not in issuers]
    ends = [each for each in ends if servers or not is_self_signed(each)] or ends
    if len(ends) == 1:
        return ends[0]
    if not ends:
        raise InvalidInput(
            "There is no certificate of a server, and no end of a chain, among these.",
            hint="Add the one that was issued for your server.",
        )
    names = "; ".join(f"{common_name(each)} (until {_day(each)})" for each in ends)
    what = "of several servers" if servers else "that do not belong together"
    raise InvalidInput(
        f"These are certificates {what}: {names}.",
        hint="Give one of them, with the intermediate certificates that belong to it.",
    )


def _day(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"


def _ways(
    way: tuple[x509.Certificate, ...], above: _Above, trust: Trust
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Yield every way from the last of *way* upwards: to its end, and to what clients have."""
    last = way[-1]
    further = [each for each in above[last] if each not in way]
    if is_self_signed(last) or not further or len(way) == _LONGEST:
        yield way
        return
    if trust.issuer_of(last):
        yield way
    for each in further:
        yield from _ways((*way, each), above, trust)


def _worth(
    way: tuple[x509.Certificate, ...], trust: Trust, now: datetime
) -> tuple[bool, bool, bool, int]:
    valid = all(each.not_valid_before_utc <= now <= each.not_valid_after_utc for each in way)
    trusted = trust.issuer_of(way[-1]) is not None
    complete = trusted or is_self_signed(way[-1])
    return trusted, complete, valid, len(_without_root(way))


def _without_root(way: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    return way[:-1] if len(way) > 1 and is_self_signed(way[-1]) else way


def _missing(last: x509.Certificate) -> Missing:
    return Missing(issued=common_name(last), name=title(last.issuer), urls=issuer_urls(last))
