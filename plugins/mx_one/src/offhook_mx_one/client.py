"""Speaks with a Provisioning Manager: one login, one new token per expiry, page by page."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from offhook.api import BadAnswer, HttpAnswer, HttpSession, Refused, Secret

Names = Mapping[str, Sequence[str]]
_DECLINED = (400, 404, 409, 422, 429)
_COMPARE = "Compare its version with what is taken for granted: offhook plugins show mx_one."


class Tokens:
    """The token of one login; threads that find it worn at the same time renew it once."""

    def __init__(self, session: HttpSession, names: Names, username: str, password: Secret) -> None:
        self._session, self._names = session, names
        self._username, self._password = username, password
        self._lock = Lock()
        self._token = self._refresh = ""

    def current(self) -> str:
        """Return the token, logging in for the first one."""
        with self._lock:
            if not self._token:
                self.log_in()
            return self._token

    def renew(self, worn: str) -> str:
        """Return another token than *worn*; asks only where nobody else has meanwhile."""
        with self._lock:
            if self._token == worn:
                self._replace()
            return self._token

    def log_in(self) -> HttpAnswer:
        """Log in; returns the answer. Not while other threads use these tokens."""
        body = {
            self._names["login.username"][0]: self._username,
            self._names["login.password"][0]: self._password.reveal(),
        }
        answer = self._session.post(self._names["path.login"][0], json=body)
        self._keep(answer)
        return answer

    def _replace(self) -> None:
        body = {self._names["login.refresh"][0]: self._refresh}
        path = self._names["path.refresh"][0]
        try:
            self._keep(self._session.post(path, json=body))
        except (BadAnswer, Refused):  # it is not there, or wants a login
            self.log_in()

    def _keep(self, answer: HttpAnswer) -> None:
        body = answer.body if isinstance(answer.body, dict) else {}
        token = body.get(self._names["login.token"][0])
        if not token or not isinstance(token, str):
            raise BadAnswer(f"{self._session.server} logs in without a token.", hint=_COMPARE)
        self._token = token
        self._refresh = str(body.get(self._names["login.refresh"][0], self._refresh))


class ProvisioningManager:
    """
    The web interface of one system; *names* are the facts about it. Threads may share it.

    Raises `Unreachable`, `Refused` and `BadAnswer`.
    """

    def __init__(
        self, session: HttpSession, names: Names, tokens: Tokens, *, subsystem: str, page_size: int
    ) -> None:
        self._session, self._names, self._tokens = session, names, tokens
        self._subsystem, self._page_size = subsystem, page_size

    def users(self) -> Iterator[Mapping[str, Any]]:
        """Yield all users as they are over there, a page at a time; raises unless all came."""
        number, count, before = int(self._names["query.first"][0]), 0, None
        while True:
            items, total, last = self.page(number)
            if items and items == before:
                raise self._strange(f"page {number} of the users is the page before, again")
            yield from items
            count, before, number = count + len(items), items, number + 1
            if last or not items:
                break
        if total is not None and count < total:
            raise self._strange(f"{count:,} of {total:,} users came; the others are missing")

    def page(self, number: int) -> tuple[list[dict[str, Any]], int | None, bool]:
        """Return a page, how many users there are in all if it says so, and whether it is last."""
        params = {
            self._names["query.page"][0]: str(number),
            self._names["query.size"][0]: str(self._page_size),
        }
        body = self._ask("GET", "users", params=params).body
        if isinstance(body, list):
            # More than were asked for: there are no pages.
            items, total, last = body, None, len(body) > self._page_size
        else:
            given = body if isinstance(body, dict) else {}
            items = find(given, self._names["page.items"])
            total = find(given, self._names["page.total"])
            last = find(given, self._names["page.last"]) is True
        if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            raise self._strange(f"page {number} holds no list of users")
        return items, total if isinstance(total, int) else None, last

    def first_page(self) -> list[dict[str, Any]]:
        """Return the users of the first page."""
        return self.page(int(self._names["query.first"][0]))[0]

    def roles(self) -> list[str]:
        """Return the roles that users can have; only an administrator may ask."""
        params = {self._names["roles.subsystem"][0]: self._subsystem} if self._subsystem else {}
        body = self._ask("GET", "roles", params=params).body
        groups = [each for each in body if isinstance(each, dict)] if isinstance(body, list) else []
        names = [find(each, self._names["roles.names"]) for each in groups]
        return [str(role) for each in names if isinstance(each, list) for role in each]

    def push(self, body: Mapping[str, Any]) -> str:
        """Set an authorisation code; returns why it was declined, or nothing."""
        answer = self._ask("POST", "codes", json=body, accept=_DECLINED)
        if answer.status not in _DECLINED:
            return ""
        if answer.status == 429:
            return "too many requests (429); push it again later"
        said = self._session.said(answer.body)
        return f"declined with status {answer.status}{f': {said}' if said else ''}"

    def _ask(self, method: str, path: str, **given: Any) -> HttpAnswer:
        """Ask with the token; where that has ended, with a new one, and only then give up."""
        accept = given.pop("accept", ())
        if self._subsystem and path != "roles":
            mine = {self._names["query.subsystem"][0]: self._subsystem}
            given["params"] = {**given.get("params", {}), **mine}
        token = self._tokens.current()
        answer = self._send(method, path, token, accept=(401, *accept), **given)
        if answer.status == 401:
            token = self._tokens.renew(token)
            answer = self._send(method, path, token, accept=accept, **given)
        return answer

    def _send(self, method: str, path: str, token: str, **given: Any) -> HttpAnswer:
        headers = {"Authorization": f"{self._names['http.scheme'][0]} {token}"}
        where = self._names[f"path.{path}"][0]
        return self._session.request(method, where, headers=headers, **given)

    def _strange(self, what: str) -> BadAnswer:
        return BadAnswer(f"{self._session.server}: {what}.", hint=f"Try again. {_COMPARE}")


def find(given: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return what stands in *given* under the first of *names* that is there, else None."""
    for name in names:
        if name in given:
            return given[name]
    return None
