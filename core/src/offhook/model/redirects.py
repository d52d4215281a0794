"""What a redirect service does for us: links lead through it, and it looks from outside."""

from datetime import datetime

from attrs import frozen

from offhook.model.probes import Outcome


@frozen(kw_only=True)
class Route:
    """
    An address at a redirect service that leads to one of our hosts, until it expires.

    It has no slash at its end: ``/c/TOKEN`` and ``/d/TOKEN`` behind it lead to the same path here.
    """

    address: str
    expires_at: datetime


@frozen(kw_only=True)
class OutsideView:
    """
    What a redirect service met at a host: the proof that it is ours, then each probe's outcome.

    Where the host is not proved to be ours ``outcomes`` is empty, and ``proof`` says why.
    """

    proof: Outcome
    outcomes: tuple[Outcome, ...] = ()
