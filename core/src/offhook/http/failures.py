"""Turns what went wrong between us and a web server into a sentence and what to do about it."""

import http.client
import socket
import ssl
from collections.abc import Callable
from typing import Any

from offhook.errors import BadAnswer, Refused, RemoteError, Unreachable
from offhook.tls import explain_tls


def explain(error: BaseException, server: str) -> RemoteError:
    """Return *error*, which befell a request to *server*, as a sentence with a hint."""
    causes = _causes(error)
    for kind, tell in _TELLERS:
        for cause in causes:
            if isinstance(cause, kind):
                return tell(cause, server)
    sentence = f"{server} cannot be understood: {causes[-1]}."
    return BadAnswer(sentence, hint="Check host and port, and what stands in between.")


def refusal(status: int, server: str, path: str, said: str, retry_after: str) -> RemoteError:
    """Return what a *status* other than 2xx means; *said* is the reason that came with it."""
    why = f": {said}" if said else "."
    if status == 401:
        return Refused(
            f"{server} does not accept the login (401){why}",
            hint="Check user name and password of the connection.",
        )
    if status == 403:
        return Refused(f"{server} denies {path} (403){why}", hint="The account needs more rights.")
    if status == 429:
        return Unreachable(
            f"{server} gets too many requests (429){why}",
            hint=f"Try again in {retry_after} seconds."
            if retry_after.isdecimal()
            else "Try again later.",
        )
    return BadAnswer(f"{server} answered {path} with status {status}{why}", hint=_advice(status))


def _advice(status: int) -> str:
    if status >= 500:
        return "Look into that server's log; try again later."
    if status < 400:
        return "It sends us elsewhere: give the address where it really is."
    return "Compare its version with what the plugin takes for granted: offhook plugins show."


def _causes(error: BaseException) -> list[BaseException]:
    """Return what *error* was made from: requests and urllib3 wrap in several ways."""
    found = [error]
    for each in found:
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        found += [
            other for other in inner if isinstance(other, BaseException) and other not in found
        ]
    # All of requests' own are OSErrors as well.
    return [each for each in found if not type(each).__module__.startswith("requests.")] or found


def _name(error: Any, server: str) -> RemoteError:
    return Unreachable(
        f"The name in {server} has no address ({error.strerror or error}).",
        hint="Check how host is written, and this machine's name server.",
    )


def _slow(_: Any, server: str) -> RemoteError:
    return Unreachable(
        f"{server} did not answer in time.", hint="Check host, port and the firewall in between."
    )


def _closed(_: Any, server: str) -> RemoteError:
    return Unreachable(
        f"Nobody listens at {server} (connection refused).",
        hint="Check host and port, and that the server runs.",
    )


def _truncated(_: Any, server: str) -> RemoteError:
    return BadAnswer(f"{server} broke off in the middle of an answer.", hint="Look into its log.")


def _gone(_: Any, server: str) -> RemoteError:
    return Unreachable(f"{server} closed the connection.", hint="Look into its log.")


def _foreign(_: Any, server: str) -> RemoteError:
    return BadAnswer(f"What answers at {server} does not speak HTTP.", hint="Check host and port.")


def _network(error: Any, server: str) -> RemoteError:
    return Unreachable(
        f"{server} cannot be reached: {error.strerror or error}.",
        hint="Check host and port, and this machine's network.",
    )


# The narrower kind first: nearly all of them are OSErrors.
_TELLERS: tuple[tuple[type[BaseException], Callable[[Any, str], RemoteError]], ...] = (
    (ssl.SSLError, explain_tls),
    (socket.gaierror, _name),
    (TimeoutError, _slow),
    (ConnectionRefusedError, _closed),
    (http.client.IncompleteRead, _truncated),
    (ConnectionError, _gone),
    (http.client.HTTPException, _foreign),
    (OSError, _network),
)
