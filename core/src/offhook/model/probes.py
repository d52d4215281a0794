"""A server that is tried, stage by stage, and how far the attempt came."""

from typing import Literal

from attrs import field, frozen

Scheme = Literal["https", "wss", "tls"]
Stage = Literal["dns", "tcp", "tls", "http", "ws", "after"]


@frozen(kw_only=True)
class Probe:
    """
    What is tried: ``https`` asks for ``path``, ``wss`` opens a WebSocket, ``tls`` only encrypts.

    ``ca`` is PEM text of the authorities to trust instead of this machine's.
    """

    scheme: Scheme
    host: str
    port: int
    path: str = "/"
    ca: str = field(default="", repr=False)


@frozen(kw_only=True)
class Outcome:
    """
    How far a probe came: ``kind`` is "ok" where nothing failed, else what failed in ``stage``.

    ``kind`` and ``code`` come from the exception or the answer itself, never from its text:
    ("gai", "-2"), ("os", "ECONNREFUSED"), ("limit", ""), ("closed", ""), ("verify", "18"),
    ("ssl", "WRONG_VERSION_NUMBER"), ("status", "404"). ``hop`` names who failed or answered: a DNS
    server, an address with its port. ``detail`` is for people.
    """

    stage: Stage
    kind: str
    code: str = ""
    hop: str = ""
    detail: str = ""
    seconds: float = 0.0
