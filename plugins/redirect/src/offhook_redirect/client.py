"""Speaks the redirect protocol: signed JSON over HTTPS; it knows nothing of deployments."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from offhook.api import Authorization, HttpAnswer, HttpSession, RemoteError
from offhook_redirect.refusals import refusal, strange
from offhook_redirect.signing import sign

_REFUSED = range(300, 600)
_THIS_MAIL = (400, 413)  # what is wrong is the mail itself


@frozen
class Service:
    """
    One redirect service, asked in the name of *pair*.

    Every method raises `Unreachable`, `Refused` or `BadAnswer`.
    """

    session: HttpSession
    pair: Authorization
    clock: Callable[[], datetime]

    def me(self) -> Mapping[str, Any]:
        """Return under which ``name`` the service knows this installation."""
        return self._told(self.greet(), "name")

    def greet(self) -> HttpAnswer:
        """Ask who we are, and return the answer as it is."""
        return self._ask("GET", "/v1/me", b"")

    def open_route(self, host: str, port: int, client_format: str) -> Mapping[str, Any]:
        """Return ``address`` and ``expires_at`` of the route to a host."""
        asked = {"host": host, "port": port, "format": client_format}
        return self._post("/v1/routes", asked, "address", "expires_at")

    def probe(self, host: str, port: int, probes: list[dict[str, Any]]) -> Mapping[str, Any]:
        """Return ``proof`` and ``outcomes``; the proof is looked for at *port* of the host."""
        asked = {"host": host, "port": port, "probes": probes}
        return self._post("/v1/probes", asked, "proof", "outcomes")

    def send_mail(
        self, *, name: str, sender: str, recipient: str, content: bytes
    ) -> Mapping[str, Any]:
        """Return ``status`` and ``reason``; the same *name* is the same mail, sent once."""
        asked = {"id": name, "sender": sender, "recipient": recipient}
        mail = {**asked, "message": b64encode(content).decode()}
        answer = self._ask("POST", "/v1/mails", json.dumps(mail).encode())
        if answer.status in _THIS_MAIL:
            return {"status": "failed", "reason": str(self.refused(answer))}
        return self._told(answer, "status", "reason")

    def refused(self, answer: HttpAnswer) -> RemoteError:
        """Return what an answer other than 200 means."""
        return refusal(self.session.server, answer)

    def _post(self, path: str, asked: Mapping[str, Any], *wanted: str) -> Mapping[str, Any]:
        return self._told(self._ask("POST", path, json.dumps(asked).encode()), *wanted)

    def _ask(self, method: str, path: str, body: bytes) -> HttpAnswer:
        def signed(method: str, url: str) -> Mapping[str, str]:
            return sign(self.pair, method, url, body, now=self.clock())

        return self.session.request(
            method, path, content=body or None, accept=_REFUSED, sign=signed
        )

    def _told(self, answer: HttpAnswer, *wanted: str) -> Mapping[str, Any]:
        if answer.status != 200:
            raise self.refused(answer)
        if not isinstance(answer.body, dict) or not answer.body.keys() >= set(wanted):
            raise strange(self.session.server, f"its answer lacks {' or '.join(wanted)}")
        return answer.body
