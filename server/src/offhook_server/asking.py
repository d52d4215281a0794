"""What a request shows: token, address, agent; and the steps that an answer may take."""

import re
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen
from starlette.requests import Request

from offhook.api import ClientFormat, Secret
from offhook.model.rules import printable
from offhook.provisioning.downloads import Answer, Ask
from offhook.provisioning.pages import Page
from offhook.provisioning.refresh import Call


@frozen(kw_only=True)
class Steps:
    """What this application may do: it is handed functions and reaches nothing else."""

    redeem: Callable[[Sequence[Ask]], Sequence[Answer]]
    refresh: Callable[[Sequence[Call]], Sequence[Answer]]
    page: Callable[[str], Page]
    enter_pin: Callable[[str, str], Secret]
    why_no_log: Callable[[str], str]
    keep_log: Callable[[str, bytes, str], str]
    public_keys: Callable[[], Sequence[str]]
    formats: Mapping[str, ClientFormat]


def token_of(request: Request) -> str:
    """Return the token in the path; spaces are left out, so that it can stand in an address."""
    return re.sub(r"\s", "", request.path_params["token"])


def etag_of(request: Request) -> str:
    """Return the version that the client has."""
    return request.headers.get("if-none-match", "").removeprefix("W/").strip('"')


def agent_of(request: Request) -> str:
    """Return what the client calls itself, as it can be shown in a terminal."""
    return printable(request.headers.get("user-agent", ""))


def address_of(request: Request) -> str:
    """Return where the request comes from: what a trusted proxy says, or the peer."""
    return request.client.host if request.client else ""
