"""Finds the SIP users of a batch in as few requests as it takes, a few at the same time."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from time import monotonic
from typing import TypeVar

from offhook.api import (
    AskedCredentials,
    BadAnswer,
    RemoteError,
    Unreachable,
    WantedCredentials,
)
from offhook_mbg.client import Gateway, Item, Page
from offhook_mbg.items import SipUser, read_user

AT_ONCE = 4
PATIENCE = 80  # seconds after which nothing is begun: core gives the whole 120
_FEW = 8  # so many are asked for by name at once, without a page of others before
_NAMES_PER_PAGE = 15  # requests by name that take as long as a page does

Job = TypeVar("Job")
Wanted = AskedCredentials | WantedCredentials


class Effort:
    """Does jobs against one gateway, a few at the same time, until that has no use any more."""

    def __init__(self) -> None:
        self._until = monotonic() + PATIENCE
        self.ended: RemoteError | None = None

    def run(self, do: Callable[[Job], object], jobs: Iterable[Job]) -> dict[Job, RemoteError]:
        """Do each of *jobs*; returns why some failed, or were not even tried."""
        failed: dict[Job, RemoteError] = {}

        def attempt(job: Job) -> None:
            if not self.ended and monotonic() > self._until:
                self.ended = Unreachable("the gateway takes too long over the others")
            try:
                if self.ended:
                    raise BadAnswer(f"not tried: {self.ended}")
                do(job)
            except RemoteError as error:
                failed[job] = error
                if not isinstance(error, BadAnswer):
                    self.ended = self.ended or error

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(attempt, jobs))
        return failed


class Search:
    """
    Looks for everybody in *batch*, with or without passwords; afterwards `outcome` tells of each.

    Raises `RemoteError` where nobody could be read.
    """

    def __init__(
        self, gateway: Gateway, batch: Sequence[Wanted], effort: Effort, *, passwords: bool
    ) -> None:
        self._gateway, self._effort, self._passwords = gateway, effort, passwords
        self._names = {each.username for each in batch if each.username}
        self._numbers = {each.number for each in batch if not each.username}
        self._by_name: dict[str, SipUser] = {}
        self._by_number: dict[str, dict[str, SipUser]] = {}
        self._unread: dict[str, RemoteError] = {}  # by set-side name, "" for pages
        self._look()
        if not self._by_name and not self._by_number and self._unread:
            raise effort.ended or next(iter(self._unread.values()))

    def outcome(self, each: Wanted) -> SipUser | str:
        """Return the SIP user that is meant, or why there is none."""
        name, number = each.username, each.number
        found = [self._by_name[name]] if name in self._by_name else []
        if not name:
            found = list(self._by_number.get(number, {}).values())
        failed = self._unread.get(name) or self._unread.get("")
        if failed and (not found or not name):
            return f"could not be read: {failed}"
        if len(found) > 1:
            names = ", ".join(sorted(user.username for user in found))
            return f"several SIP users have the number {number}: {names}"
        if not found:
            return f"no SIP user {name} at the gateway" if name else f"no SIP user has {number}"
        return found[0]

    def _look(self) -> None:
        if not self._numbers and len(self._names) <= _FEW:
            self._ask_for(self._names)
            return
        first = self._read(0)
        if first.total and not first.items:
            raise self._gateway.strange(f"the first page holds none of {first.total:,} SIP users")
        # A page may be smaller than the one that was asked for.
        pages = ceil((first.total or 0) / max(1, len(first.items)))
        missing = self._names - self._by_name.keys()
        if not self._numbers and len(missing) < pages * _NAMES_PER_PAGE:
            self._ask_for(missing)
        elif first.total is None:
            self._read_on(first)
        else:
            for error in self._effort.run(self._read_if_needed, range(1, pages)).values():
                self._unread[""] = error

    def _ask_for(self, names: Iterable[str]) -> None:
        self._unread |= self._effort.run(self._ask, sorted(names))

    def _ask(self, name: str) -> None:
        self._take(self._gateway.named(name, passwords=self._passwords))

    def _read_if_needed(self, number: int) -> None:
        # Of a number there may be several: only a name is found when it is found.
        if self._numbers or self._names - self._by_name.keys():
            self._read(number)

    def _read(self, number: int) -> Page:
        page = self._gateway.page(number, passwords=self._passwords)
        self._take(page.items)
        return page

    def _read_on(self, page: Page) -> None:
        """Read page after page, of a gateway that does not say how many there are."""
        number, before = 1, page.items
        while before:
            items = self._read(number).items
            if items == before:
                raise self._gateway.strange(f"page {number} of the SIP users is the page before")
            number, before = number + 1, items

    def _take(self, items: Iterable[Item]) -> None:
        for item in items:
            user = read_user(item, self._gateway.names)
            if user.username in self._names:
                self._by_name[user.username] = user
            if user.number in self._numbers:
                self._by_number.setdefault(user.number, {})[user.username] = user
