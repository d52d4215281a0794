"""Somebody who uses the web services of a simulated border gateway, with oauthlib's client."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import requests
from attrs import define, field
from oauthlib.oauth1 import Client

from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET, PATHS
from offhook_simulators.serving import LocalServer

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


@define
class Visitor:
    """Asks at *address*, at the time *now*; signs as *signing* says (parameters of the client)."""

    mbg: Mbg
    address: str
    now: datetime
    signing: dict[str, Any] = field(factory=dict)
    token: dict[str, str] = field(factory=dict)
    session: requests.Session = field(factory=requests.Session)

    def __attrs_post_init__(self) -> None:
        self.session.trust_env = False

    def client(self, **more: Any) -> Client:
        usual = {"client_key": CONSUMER_ID, "client_secret": CONSUMER_SECRET}
        usual["timestamp"] = str(int(self.now.timestamp()))
        return Client(**(usual | self.signing | more))

    def ask(
        self, method: str, path: str, *, query: Any = (), json: Any = None, **signing: Any
    ) -> requests.Response:
        """Make a request that is signed with the token and *signing*."""
        if self.token:
            key, secret = self.token["oauth_token"], self.token["oauth_token_secret"]
            signing = {"resource_owner_key": key, "resource_owner_secret": secret} | signing
        address = f"{self.address}{path}?{urlencode(query)}".rstrip("?")
        _, headers, _ = self.client(**signing).sign(address, http_method=method)
        return self.session.request(method, address, headers=headers, json=json)

    def request(self, callback: str = "oob") -> dict[str, str]:
        """Ask to be let in; returns the request token."""
        return form(self.ask("POST", PATHS["request_token"], callback_uri=callback))

    def decide(self, waiting: dict[str, str], decision: str = "approve") -> requests.Response:
        """Be the administrator over there."""
        answer = {"oauth_token": waiting["oauth_token"], "decision": decision}
        page = self.address + PATHS["approve"]
        return self.session.post(page, data=answer, allow_redirects=False)

    def finish(self, waiting: dict[str, str], verifier: str) -> requests.Response:
        key, secret = waiting["oauth_token"], waiting["oauth_token_secret"]
        signing = {"resource_owner_key": key, "resource_owner_secret": secret}
        return self.ask("POST", PATHS["access_token"], verifier=verifier, **signing)

    def come_in(self) -> None:
        """Go through the whole authorisation."""
        waiting = self.request()
        page = self.decide(waiting).text
        self.token = form(self.finish(waiting, verifier_in(page)))


def form(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return dict(parse_qsl(answer.text))


def verifier_in(page: str) -> str:
    return page.partition('<code id="verifier">')[2].partition("</code>")[0]


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@contextmanager
def visiting(users: int = 30, *, let_in: bool = True, **about: Any) -> Iterator[Visitor]:
    """Run a gateway whose time is the visitor's."""
    visitors: list[Visitor] = []
    mbg = Mbg(users, clock=lambda: visitors[0].now, **about)
    with LocalServer(mbg.app) as server:
        visitors.append(Visitor(mbg, server.address, START))
        if let_in:
            visitors[0].come_in()
        yield visitors[0]
        visitors[0].session.close()
