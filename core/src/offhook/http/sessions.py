"""Requests to one server: JSON out, JSON or a form in, over connections that stay open."""

import json
import re
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from offhook.errors import BadAnswer
from offhook.extras import need
from offhook.http.failures import explain, refusal
from offhook.tls import PeerCertificate, present, verifying

Signer = Callable[[str, str], Mapping[str, str]]
IDEMPOTENT = frozenset({"GET", "PUT"})
_AGAIN = (429, 500, 502, 503, 504)  # statuses that may pass by themselves
_LONGEST_WAIT = 3  # seconds that a Retry-After is obeyed for: whoever asks has a limit, too
_LARGEST = 32 * 2**20  # bytes of an answer
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


@frozen(kw_only=True)
class HttpAnswer:
    """
    An answer; ``headers`` in any case.

    ``body`` is its JSON decoded, its form as a mapping of texts, None where there is neither.
    """

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent by the clock over there; None where the answer does not say."""
        try:
            return parsedate_to_datetime(self.headers.get("Date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


class HttpSession:
    """
    Requests to one server; threads may share a session, as a context manager it closes itself.

    ``server`` is ``host:port``, for sentences. Every request raises `Unreachable`, `Refused`
    (certificate, 401, 403) or `BadAnswer`; what has another status than 2xx is returned where that
    is in *accept*, and then need not be JSON.
    """

    def __init__(
        self,
        base_url: str,
        context: ssl.SSLContext | None,
        timeout: tuple[float, float],
        repeatable: Collection[str],
        reasons: Sequence[str],
    ) -> None:
        self._requests, self._urllib3 = need("requests", "http"), need("urllib3", "http")
        self._base, self._context = base_url.rstrip("/"), context
        self._timeout, self._reasons = timeout, reasons
        address = urlsplit(self._base)
        self._host = address.hostname or ""
        self._port = address.port or (443 if context else 80)
        self.server = f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"
        self._session = self._requests.Session()
        self._session.trust_env = False  # neither its proxies nor its netrc nor its CA bundle
        self._session.headers.update({"Accept": "application/json", "User-Agent": "offhook"})
        self._adapter = self._make_adapter(repeatable)
        self._session.mount(self._base, self._adapter)

    def get(self, path: str, **others: Any) -> HttpAnswer:
        """Ask for *path*; the keywords are those of `request`."""
        return self.request("GET", path, **others)

    def post(self, path: str, **others: Any) -> HttpAnswer:
        """Post to *path*; the keywords are those of `request`."""
        return self.request("POST", path, **others)

    def put(self, path: str, **others: Any) -> HttpAnswer:
        """Put to *path*; the keywords are those of `request`."""
        return self.request("PUT", path, **others)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        sign: Signer | None = None,
    ) -> HttpAnswer:
        """
        Send a request with *json* or *content* as its body, and return the answer.

        *sign* gets the method and the complete address, and returns more headers. A repetition has
        the same ones: where they count only once, open the session with nothing repeatable.
        """
        given: dict[str, Any] = {"params": params, "headers": headers, "timeout": self._timeout}
        given |= {"json": json, "data": content}
        if sign:
            given["auth"] = _signing(sign)
        try:
            with self._session.request(
                method, self._base + path, allow_redirects=False, stream=True, **given
            ) as response:
                content = self._content(response, path)
        except (self._requests.RequestException, self._urllib3.exceptions.HTTPError) as error:
            raise explain(error, self.server) from error
        return self._answer(response, content, path, accept)

    def said(self, body: Any) -> str:
        """Return the reason that the *body* of an error gives, as one harmless line."""
        given = body if isinstance(body, dict) else {}
        texts = [given[key] for key in self._reasons if isinstance(given.get(key), str)]
        return _UNPRINTABLE.sub(" ", next(filter(None, texts), "")).strip()[:200]

    def certificate(self) -> PeerCertificate | None:
        """Return what the server presents, on a connection of its own; None without TLS."""
        if not self._context:
            return None
        try:
            return present(self._host, self._port, self._context, self._timeout[0])
        except OSError as error:
            raise explain(error, self.server) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        # The library closes a connection when nobody refers to it any more: an error still may.
        pools = self._adapter.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118  it is no dict
            pools[key].close()
        self._session.close()

    def _make_adapter(self, repeatable: Collection[str]) -> Any:
        retries = self._urllib3.Retry(
            total=2,
            connect=1,
            read=1,
            redirect=False,
            allowed_methods=frozenset(repeatable) or {"none"},  # empty it would be all of them
            status_forcelist=_AGAIN,
            raise_on_status=False,
            backoff_factor=0.2,
            retry_after_max=_LONGEST_WAIT,
        )
        adapter = self._requests.adapters.HTTPAdapter(max_retries=retries)
        adapter.init_poolmanager(10, 10, ssl_context=self._context)
        # It would add requests' own authorities to those of the context.
        adapter.cert_verify = lambda *_: None
        return adapter

    def _content(self, response: Any, path: str) -> bytes:
        content, ends = bytearray(), monotonic() + self._timeout[1]
        while part := response.raw.read1(2**16, decode_content=True):
            content += part
            if monotonic() > ends:
                raise explain(TimeoutError(), self.server)
            if len(content) > _LARGEST:
                raise BadAnswer(
                    f"{self.server} answered more than {_LARGEST >> 20} MB at {path}.",
                    hint="Ask for smaller pages, if the connection has such an option.",
                )
        return bytes(content)

    def _answer(
        self, response: Any, content: bytes, path: str, accept: Collection[int]
    ) -> HttpAnswer:
        status, headers = response.status_code, response.headers
        if 200 <= status < 300:
            body = self._decode(content, headers.get("Content-Type", ""), path) if content else None
        else:
            body = _decode_if_possible(content)
            if status not in accept:
                wait = headers.get("Retry-After", "")
                raise refusal(status, self.server, path, self.said(body), wait)
        return HttpAnswer(status=status, body=body, headers=headers)

    def _decode(self, content: bytes, kind: str, path: str) -> Any:
        media = kind.partition(";")[0].strip().lower()
        if media == "application/x-www-form-urlencoded":
            return dict(parse_qsl(content.decode(errors="replace"), keep_blank_values=True))
        if media != "application/json" and not media.endswith("+json"):
            raise BadAnswer(
                f"{self.server} answered {media or 'something'} instead of JSON at {path}.",
                hint="Check host and port: something else may be listening there.",
            )
        try:
            return json.loads(content)
        except ValueError as error:
            raise BadAnswer(
                f"{self.server} answered JSON that cannot be read at {path}: {error}.",
                hint="Try again; if it stays so, compare the versions.",
            ) from error


def open_session(
    base_url: str,
    *,
    ca_file: str = "",
    timeout: tuple[float, float] = (5, 30),
    repeatable: Collection[str] = IDEMPOTENT,
    reasons: Sequence[str] = (),
) -> HttpSession:
    """
    Return a session with the server at *base_url*; nothing is sent yet.

    *ca_file* is trusted instead of this machine's store. *timeout* is in seconds: to connect, and
    for the answer to begin and again to end. Methods in *repeatable* are sent again, a few times,
    where that may help. *reasons* are the keys under which the JSON of an error says why. Raises
    `Refused` where the CA file cannot be used.
    """
    context = verifying(ca_file) if base_url.startswith("https:") else None
    return HttpSession(base_url, context, timeout, repeatable, reasons)


def _signing(sign: Signer) -> Callable[[Any], Any]:
    """Return what the library calls with a request that is complete but for its signature."""

    def add(prepared: Any) -> Any:
        prepared.headers.update(sign(prepared.method, prepared.url))
        return prepared

    return add


def _decode_if_possible(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
