"""The check client: does over the network what a phone does that has scanned the code."""

import json
import ssl
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from attrs import frozen

from offhook.errors import Refused, Unreachable

MEDIA_TYPE = "application/vnd.offhook.config+json"
SECONDS = 10


@frozen(kw_only=True)
class Fetched:
    """A configuration that was fetched, and whether a second request got "unchanged"."""

    document: dict[str, Any]
    etag: str
    unchanged_after: bool


def fetch(address: str, authority: Path | None = None) -> Fetched:
    """
    Fetch the configuration at *address*, then ask once more by the device's own address.

    *authority* is a PEM file to trust instead of the system's. This counts as a download. Raises
    `Unreachable` and `Refused`.
    """
    opener = build_opener(
        ProxyHandler({}), HTTPSHandler(context=ssl.create_default_context(cafile=authority))
    )
    document, etag = _get(opener, address, "")
    refresh = document["refresh"]["url"]
    again, _ = _get(opener, refresh, etag)
    return Fetched(document=document, etag=etag, unchanged_after=not again)


def _get(opener: Any, address: str, etag: str) -> tuple[dict[str, Any], str]:
    headers = {"Accept": MEDIA_TYPE, "User-Agent": "offhook-check-client"}
    if etag:
        headers["If-None-Match"] = etag
    try:
        with opener.open(Request(address, headers=headers), timeout=SECONDS) as answer:  # noqa: S310
            return json.load(answer), answer.headers.get("ETag", "")
    except HTTPError as error:
        if error.code == 304:
            return {}, etag
        raise Refused(
            f"The server refused the configuration (HTTP {error.code}).",
            hint="The reason is told to the administrator: offhook explain TOKEN",
        ) from error
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise Unreachable(f"The server cannot be reached: {reason}.") from error
