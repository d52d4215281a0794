"""SIP users of a border gateway: what is known of one, and why it can have no client."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from offhook.api import HASH_NUMBER, Secret, object_to_number
from offhook_mbg.options import Options
from offhook_mbg.refusals import Names

_NO = frozenset({"false", "no", "off", "0"})


@frozen(kw_only=True)
class SipUser:
    """
    A SIP user; ``id`` is the gateway's own.

    ``number`` is the end of a set-side name ``<username>-<DN>``, else the name at the PBX, empty
    where neither is a number. ``password`` is empty where it is not shown, ``registered`` None
    where it is not told.
    """

    id: str
    username: str
    number: str
    enabled: bool
    availability: str
    icp: str
    registered: bool | None
    password: Secret


def read_user(item: Mapping[str, Any], names: Names) -> SipUser:
    """Return the SIP user that *item* is; what it lacks is empty."""
    texts = {
        name: _text(item.get(names[f"user.{name}"][0]))
        for name in ("id", "username", "availability", "icp", "icp_username", "enabled")
    }
    return SipUser(
        id=texts["id"],
        username=texts["username"],
        number=_number(texts["username"].rpartition("-"), texts["icp_username"]),
        enabled=texts["enabled"].casefold() not in _NO,
        availability=texts["availability"],
        icp=texts["icp"],
        registered=_yes_or_no(item.get(names["user.registered"][0])),
        password=Secret(_text(item.get(names["user.password"][0]))),
    )


def objection(user: SipUser, options: Options, names: Names) -> str:
    """Return why a SIP user can have no client, or nothing."""
    if not user.enabled:
        return f"SIP user {user.username} is disabled at the gateway"
    only = names["user.webrtc_only"]
    if user.availability.casefold() in map(str.casefold, only):
        return (
            f'SIP user {user.username} has the availability "{user.availability}": '
            "a softphone cannot register"
        )
    if options.icp and user.icp != options.icp:
        return (
            f"ICP mismatch: SIP user {user.username} is of {user.icp or 'none'}, not {options.icp}"
        )
    return over_remote(user.number, options)


def over_remote(number: str, options: Options) -> str:
    """Return why a directory number cannot come over this connection, or nothing."""
    return HASH_NUMBER if options.remote and "#" in number else ""


def _number(parts: tuple[str, str, str], icp_username: str) -> str:
    username, dash, end = parts
    if username and dash and not object_to_number(end):
        return end
    return "" if object_to_number(icp_username) else icp_username


def _yes_or_no(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | bool) else ""
