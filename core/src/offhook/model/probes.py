"""A server that is tried, stage by stage, and how far the attempt came."""

from typing import Literal

from attrs import field, frozen
from attrs.validators import ge, le

from offhook.model.rules import check_host

Scheme = Literal["https", "wss", "tls"]
Stage = Literal["dns", "tcp", "tls", "http", "ws", "after"]


@frozen(kw_only=True)
class Probe:
    """
    What is tried: ``https`` asks for ``path``, ``wss`` opens a WebSocket, ``tls`` only encrypts.

    ``ca`` is PEM text of the authorities to trust instead of this machine's. Raises `ValueError`
    for a host or a port that can be none.
    """

    scheme: Scheme
    host: str = field()
    port: int = field(validator=[ge(1), le(65_535)])
    path: str = "/"
    ca: str = field(default="", repr=False)

    @host.validator
    def _is_host(self, _: object, value: str) -> None:
        if not value:
            raise ValueError("a host is needed")
        check_host(value)


@frozen(kw_only=True)
class Outcome:
    """
    How far a probe came: ``kind`` is "ok" where nothing failed, else what failed in ``stage``.

    ``kind`` and ``code`` come from the exception or the answer itself, never from its text:
    ("gai", "-2"), ("rcode", "SERVFAIL"), ("os", "ECONNREFUSED"), ("limit", ""), ("closed", ""),
    ("verify", "18"), ("ssl", "WRONG_VERSION_NUMBER"), ("status", "404"), ("answer", ""),
    ("close", "1011"); "ipv6" is an ("os", ...) of a host that has addresses of IPv6 only.

    ``hop`` names who failed or answered: a DNS server, an address with its port. ``others`` are
    addresses of the host that failed while one did not, each with its code. ``detail`` is for
    people.
    """

    stage: Stage
    kind: str
    code: str = ""
    hop: str = ""
    detail: str = ""
    seconds: float = 0.0
    others: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return self.kind == "ok"
