"""Speaks with a border gateway's web services: every request signed afresh, pages, tokens."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from time import sleep
from typing import Any
from urllib.parse import quote

from attrs import frozen

from offhook.api import BadAnswer, HttpAnswer, HttpSession, RemoteError, Unreachable
from offhook_mbg.refusals import Names, Refusals
from offhook_mbg.signing import Signing

Item = Mapping[str, Any]
_REPEATABLE = frozenset({"GET", "PUT"})
_PASSING = (429, 500, 502, 504)  # statuses that may pass by themselves
_PAUSE = 0.3  # seconds
_DECLINED = (400, 404, 409, 422)
_COMPARE = "Try again; if it stays so, compare: offhook plugins show mbg."


@frozen
class Page:
    """SIP users as they are over there; ``total`` is None where it does not say."""

    items: list[Item]
    total: int | None


class Gateway:
    """
    The web services of one gateway; *names* are the facts about it. Threads may share it.

    Raises `Unreachable`, `Refused` and `BadAnswer`.
    """

    def __init__(
        self,
        session: HttpSession,
        names: Names,
        signing: Signing,
        refusals: Refusals,
        *,
        page_size: int,
        clock: Callable[[], datetime],
    ) -> None:
        self.session, self.names, self.refusals = session, names, refusals
        self._signing, self._page_size, self._clock = signing, page_size, clock

    def ask_unsigned(self) -> HttpAnswer:
        """Ask something that nobody may who does not sign; the answer tells that it is there."""
        return self.session.get(self.names["path.tokens"][0], accept=range(300, 600))

    def token(self, path: str) -> Mapping[str, str]:
        """Return the form that comes with a token from the path of that name."""
        body = self._ask("POST", self.names[f"path.{path}"][0]).body
        given = body if isinstance(body, dict) else {}
        if not all(isinstance(value, str) for value in given.values()) or not given:
            raise self.strange("the answer to a request for a token holds none")
        return given

    def own_token(self) -> Item:
        """Return the token that signs these requests, as the list over there has it."""
        tokens = self._list("tokens", "token.tokens")
        mine = self.names["token.own"][0]
        return next((each for each in tokens if each.get(mine) is True), {})

    def nodes(self) -> list[Item]:
        """Return the gateways of the cluster."""
        return self._list("cluster", "node.nodes")

    def settings(self) -> Item:
        """Return what the gateway says of itself."""
        body = self._ask("GET", self.names["path.settings"][0]).body
        if not isinstance(body, dict):
            raise self.strange("its settings cannot be read")
        return body

    def users(self) -> Iterator[Item]:
        """Yield all SIP users, a page at a time; raises unless all came."""
        number, count = 0, 0
        before: list[Item] = []
        while True:
            page = self.page(number)
            if page.items and page.items == before:
                raise self.strange(f"page {number} of the SIP users is the page before, again")
            yield from page.items
            count, before, number = count + len(page.items), page.items, number + 1
            if not page.items or (page.total is not None and count >= page.total):
                break
        if page.total is not None and count < page.total:
            raise self.strange(
                f"{count:,} of {page.total:,} SIP users came; the others are missing"
            )

    def page(self, number: int, *, passwords: bool = False, size: int = 0) -> Page:
        """Return a page, counted from 0; with set-side passwords where they are wanted."""
        first = int(self.names["query.first"][0])
        params = {
            self.names["query.page"][0]: str(first + number),
            self.names["query.size"][0]: str(size or self._page_size),
        }
        return self._page(params, passwords)

    def named(self, username: str, *, passwords: bool = False) -> list[Item]:
        """Return the SIP users with that set-side name: one, or none."""
        found = self._page({self.names["query.username"][0]: username}, passwords).items
        key = self.names["user.username"][0]
        if any(str(each.get(key)).casefold() != username.casefold() for each in found):
            raise self.strange(f"asked for the SIP user {username} it names others")
        return found

    def change(self, user: str, fields: Mapping[str, str]) -> str:
        """Write *fields* of a SIP user; returns why that was declined, or nothing."""
        path = self.names["path.sip_user"][0].replace("{id}", quote(user, safe=""))
        body = {self.names[f"user.{name}"][0]: value for name, value in fields.items()}
        answer = self._ask("PUT", path, json=body, accept=_DECLINED)
        if answer.status not in _DECLINED:
            return ""
        code = self.refusals.code(answer)
        if not code or self.refusals.is_stopped(answer):
            raise self.explained(answer, path)
        said = self._said(answer)
        known = {
            self.names["code.weak"][0]: "the gateway finds the password too weak",
            self.names["code.icp"][0]: "ICP mismatch",
        }
        return f"{known.get(code, f'declined with status {answer.status}')}: {said or code}"

    def explained(self, answer: HttpAnswer, path: str) -> RemoteError:
        """Return the error for an answer that refuses what was asked of *path*."""
        return self.refusals.explain(answer, path, self._said(answer), self._clock())

    def strange(self, what: str) -> BadAnswer:
        """Return the error for an answer that cannot be understood."""
        return BadAnswer(f"{self.session.server}: {what}.", hint=_COMPARE)

    def _said(self, answer: HttpAnswer) -> str:
        return self._signing.mask(self.session.said(answer.body))

    def _page(self, params: Mapping[str, str], passwords: bool) -> Page:
        wanted = {self.names["query.passwords"][0]: "true"} if passwords else {}
        path = self.names["path.sip_users"][0]
        body = self._ask("GET", path, params={**params, **wanted}).body
        given = body if isinstance(body, dict) else {}
        items, total = (given.get(self.names[f"page.{name}"][0]) for name in ("items", "total"))
        if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            raise self.strange("a page holds no list of SIP users")
        return Page(items, total if type(total) is int else None)

    def _list(self, path: str, key: str) -> list[Item]:
        body = self._ask("GET", self.names[f"path.{path}"][0]).body
        items = body.get(self.names[key][0]) if isinstance(body, dict) else None
        if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            raise self.strange(f"there is no list of {key.partition('.')[2]}")
        return items

    def _ask(
        self, method: str, path: str, *, accept: Collection[int] = (), **given: Any
    ) -> HttpAnswer:
        """Ask, and once more where that does no harm and may help."""
        ask = {**given, "sign": self._signing, "accept": range(300, 600)}
        repeatable = method in _REPEATABLE
        try:
            answer = self.session.request(method, path, **ask)
        except Unreachable:
            if not repeatable:
                raise
            answer = None
        if answer is None or (repeatable and answer.status in _PASSING):
            sleep(_PAUSE)
            answer = self.session.request(method, path, **ask)
        if answer.status < 300 or answer.status in accept:
            return answer
        raise self.explained(answer, path)
