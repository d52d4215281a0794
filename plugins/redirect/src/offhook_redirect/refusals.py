"""What a redirect service refuses, as sentences: by its stable codes, never by its words."""

from collections.abc import Callable, Mapping

from offhook.api import BadAnswer, HttpAnswer, Refused, RemoteError, Unreachable

UNKNOWN = "unknown-server"
UNPROVED = "unproved"
_KNOWN: Mapping[str, tuple[Callable[..., RemoteError], str]] = {
    UNKNOWN: (
        Refused,
        "Its operator adds the public key: offhook redirect servers add NAME KEY.",
    ),
    "bad-signature": (
        Refused,
        "Compare the clocks of both machines; host must be the name that the service has itself.",
    ),
    "replayed": (BadAnswer, "Something in between sends requests twice."),
    UNPROVED: (
        Refused,
        "The service must reach https://HOST/.well-known/offhook of the download host, and find "
        "this installation's public key there: offhook diagnose.",
    ),
    "bad-host": (Refused, "Set download_host of the profile, or public_url, to a public name."),
    "no-mail": (Refused, "Choose another transport for mails, or ask its operator for mails."),
    "mail-unavailable": (Unreachable, "It is tried again."),
    "too-many": (Unreachable, "It is tried again."),
    "unavailable": (Unreachable, "It is tried again; the service's operator should know."),
}


def refusal(server: str, answer: HttpAnswer) -> RemoteError:
    """Return what an answer other than 200 means."""
    body = answer.body if isinstance(answer.body, dict) else {}
    said = str(body.get("detail", "")).strip()[:300]
    known = _KNOWN.get(str(body.get("code", "")))
    if known:
        error, hint = known
        return error(f"{server} refuses: {said}", hint=hint)
    if answer.status >= 500 or answer.status == 429:
        return Unreachable(
            f"{server} is not able to answer ({answer.status}).", hint="It is tried again."
        )
    return strange(server, f"it answered {answer.status} {said}".strip())


def code_of(answer: HttpAnswer) -> str:
    """Return the stable code of a refusal; empty where it is none of a redirect service."""
    return str(answer.body.get("code", "")) if isinstance(answer.body, dict) else ""


def strange(server: str, what: str) -> BadAnswer:
    """Return that *server* does not speak as a redirect service does."""
    return BadAnswer(
        f"{server} does not speak like a redirect service of this version: {what}.",
        hint="Check host and port; compare the versions.",
    )
