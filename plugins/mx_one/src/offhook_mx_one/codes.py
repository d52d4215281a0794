"""Pushes authorisation codes, which are SIP passwords, in the form in which the PBX keeps them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from offhook.api import BadAnswer, Refused, RemoteError, Unreachable, WantedCredentials
from offhook_mx_one.client import Names, ProvisioningManager
from offhook_mx_one.facts import FACTS
from offhook_mx_one.opening import opened
from offhook_mx_one.options import Options

_AT_ONCE = 4
_PATIENCE = 80  # seconds after which no push is begun: core gives the whole 120
_WORD = re.compile(r"\{(user|realm|password|md5a1)\}")


def push_all(options: Options, wanted: Sequence[WantedCredentials]) -> dict[str, str]:
    """
    Push every code, a few at the same time; return by key why one was not taken.

    Once the system cannot be reached, or refuses us as a whole, the rest is not tried. Raises that
    where none could be pushed.
    """
    with opened(options) as system, ThreadPoolExecutor(_AT_ONCE) as pool:
        pushing = _Pushing(system.manager, options)
        reasons = dict(zip((each.key for each in wanted), pool.map(pushing, wanted), strict=True))
    if pushing.ended and all(reasons.values()):
        raise pushing.ended
    return {key: reason for key, reason in reasons.items() if reason}


def code_of(hash_type: str, each: WantedCredentials, names: Names) -> str:
    """Return what is pushed: the password itself, or the hash that *hash_type* is made by."""
    password = each.password.reveal()
    if hash_type == "CLEARTEXT":
        return password
    words = {"user": each.username, "realm": names["hash.realm"][0], "password": password}
    md5 = hashlib.md5(_filled("MD5A1", words, names), usedforsecurity=False).hexdigest()
    if hash_type == "MD5A1":
        return md5
    return hashlib.sha256(_filled(hash_type, {**words, "md5a1": md5}, names)).hexdigest()


class _Pushing:
    """Pushes one code after the other, in several threads; ``ended`` says why no more."""

    def __init__(self, manager: ProvisioningManager, options: Options) -> None:
        self._manager, self._options = manager, options
        self._names = names = FACTS.taken(options.facts)
        self._shortest, self._longest = (
            int(names[f"code.{limit}"][0]) for limit in ("shortest", "longest")
        )
        self._ends = monotonic() + _PATIENCE
        self.ended: RemoteError | None = None

    def __call__(self, each: WantedCredentials) -> str:
        """Return why the code was not taken, or nothing."""
        if self.ended:
            return f"not tried: {self.ended}"
        if monotonic() > self._ends:
            return "not tried: the system takes too long over the others"
        code = code_of(self._options.hash_type, each, self._names)
        if not self._shortest <= len(code) <= self._longest:
            limits = f"{self._shortest} to {self._longest}"
            return f"the password has {len(code)} characters; MX-ONE takes {limits}"
        try:
            reason = self._manager.push(self._body(each.number, code))
        except (Unreachable, Refused) as error:
            self.ended, reason = error, str(error)
        except BadAnswer as error:
            reason = str(error)
        return reason.replace(code, "****").replace(each.password.reveal(), "****")

    def _body(self, number: str, code: str) -> Mapping[str, Any]:
        options = self._options
        values = {
            "number": number,
            "code": code,
            "hash_type": options.hash_type,
            "customer": _number_or_text(options.customer),
            "profile": _number_or_text(options.service_profile),
            "only": True,
        }
        return {
            self._names[f"code.{name}"][0]: value for name, value in values.items() if value != ""
        }


def _filled(hash_type: str, words: Mapping[str, str], names: Names) -> bytes:
    """Return what is hashed; what a password holds is not taken for a word."""
    recipe = names[f"hash.{hash_type}"][0]
    return _WORD.sub(lambda word: words[word[1]], recipe).encode()


def _number_or_text(value: str) -> int | str:
    return int(value) if value.isascii() and value.isdecimal() else value
