"""A simulated MX-ONE that calls everything otherwise: what still works was asked for by a fact."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from offhook_mx_one import FACTS

FIRST_PAGE = 7
_SECTIONS = ("login", "query", "roles", "page", "user", "extension", "code", "error")
_OVERRIDDEN = {
    name: fact.values[0]
    for name, fact in FACTS.all.items()
    if name.partition(".")[0] in _SECTIONS and not fact.values[0].isdecimal()
}
FACTS_OF_IT = ";".join(
    [
        f"query.first={FIRST_PAGE}",
        "http.scheme=Token",
        *(f"{name}=x-{value}" for name, value in _OVERRIDDEN.items()),
        *(f"{name}=/x{each.values[0]}" for name, each in FACTS.all.items() if "path." in name),
    ]
)
_NEW = {value: f"x-{value}" for value in _OVERRIDDEN.values()}
_OLD = {new: old for old, new in _NEW.items()}


def renamed(app: Any) -> Any:
    """Return the web application *app* under other paths, keys and parameters."""

    async def other(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        told = json.dumps(_translated(json.loads(body), _OLD)).encode() if body else b""
        parts: list[Any] = []

        async def hear() -> Any:
            return {"type": "http.request", "body": told}

        async def keep(part: Any) -> None:
            parts.append(part)

        await app(_understood(scope), hear, keep)
        start, content = parts
        answer = json.dumps(_translated(json.loads(content["body"]), _NEW)).encode()
        start["headers"] = [each for each in start["headers"] if each[0] != b"content-length"]
        start["headers"].append((b"content-length", str(len(answer)).encode()))
        await send(start)
        await send({"type": "http.response.body", "body": answer})

    return other


def _understood(scope: Any) -> Any:
    query = {_OLD.get(key, "?"): value for key, value in parse_qsl(scope["query_string"].decode())}
    if "page" in query:
        query["page"] = str(int(query["page"]) - FIRST_PAGE)
    headers = [(name, value.replace(b"Token ", b"Bearer ")) for name, value in scope["headers"]]
    path = scope["path"].removeprefix("/x") if scope["path"][:2] == "/x" else "/unknown"
    headers = [each for each in headers if each[0] != b"content-length"]
    return {**scope, "path": path, "query_string": urlencode(query).encode(), "headers": headers}


def _translated(value: Any, names: Mapping[str, str]) -> Any:
    """Return *value* with the keys that *names* knows, under their other name; no other key."""
    if isinstance(value, list):
        return [_translated(each, names) for each in value]
    if isinstance(value, dict):
        known = {names[key]: each for key, each in value.items() if key in names}
        return {key: _translated(each, names) for key, each in known.items()}
    return value
