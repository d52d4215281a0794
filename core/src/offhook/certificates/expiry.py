"""Tells in time that a certificate of our own server ends, whichever link of its chain it is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from offhook.certificates.own import current
from offhook.certificates.views import common_name, fingerprint, is_authority
from offhook.errors import OffhookError
from offhook.model.findings import Severity
from offhook.settings import ProcessSettings
from offhook.store.store import Store, Transaction

ENDS: Mapping[int, Severity] = {30: "warning", 14: "minor", 3: "major", 0: "major"}  # by days left
CODES = {f"certificate-ends-{days}": severity for days, severity in ENDS.items()}
UNUSABLE = "certificate-unusable"
_OURS = "this server"
_WARNED = "certificate-warned"


def look_after(settings: ProcessSettings, store: Store, *, now: datetime) -> None:
    """Raise an event for every link that ends soon, once for each step; for a schedule."""
    try:
        pair = current(settings, store)
    except OffhookError as error:
        with store.write() as tx:
            tx.events.raise_once("major", UNUSABLE, _OURS, str(error), now)
        return
    with store.write() as tx:
        tx.events.resolve([UNUSABLE], [_OURS], now)
        settle(tx, pair.certificates if pair else (), now)


def settle(tx: Transaction, chain: Sequence[x509.Certificate], now: datetime) -> None:
    """Bring the events to what is true of *chain*: those of replaced certificates are over."""
    warned: dict[str, int] = json.loads(tx.values.get(_WARNED) or "{}")
    due = {fingerprint(each): (each, _step(each, now)) for each in chain}
    over = _subjects(tx) - {_subject(each) for each, step in due.values() if step is not None}
    tx.events.resolve(CODES, over, now)
    for number, (each, step) in due.items():
        if step is not None and step != warned.get(number):
            tx.events.resolve(CODES, [_subject(each)], now)
            code = f"certificate-ends-{step}"
            tx.events.raise_once(ENDS[step], code, _subject(each), _text(each, now), now)
    reached = {number: step for number, (_, step) in due.items() if step is not None}
    tx.values.set(_WARNED, json.dumps(reached) if reached else "")


def _step(certificate: x509.Certificate, now: datetime) -> int | None:
    left = certificate.not_valid_after_utc - now
    return min((days for days in ENDS if left <= timedelta(days=days)), default=None)


def _subjects(tx: Transaction) -> set[str]:
    found: Iterable[str] = (
        each.subject
        for each in tx.events.latest(everything=False, limit=1000)
        if each.code in CODES
    )
    return set(found)


def _subject(certificate: x509.Certificate) -> str:
    return common_name(certificate)


def _text(certificate: x509.Certificate, now: datetime) -> str:
    left = (certificate.not_valid_after_utc - now).days
    when = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    kind = "intermediate certificate" if is_authority(certificate) else "certificate"
    says = f"expires in {left} days, on {when}" if left >= 0 else f"expired on {when}"
    return (
        f"The {kind} {common_name(certificate)} of this server {says}: from then on phones break "
        "off. Renew it: offhook certs csr, then offhook certs install"
    )
