"""Asks for a certificate: the last answers again, a key that stays here, a request to send."""

import json
from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from offhook.certificates.own import host_of
from offhook.certificates.requests import RequestForm, doubts, fill, make
from offhook.model.findings import Finding
from offhook.settings import ProcessSettings
from offhook.store.keypairs import StoredPair
from offhook.store.store import Store

_ANSWERS = "certificate-request"


@frozen(kw_only=True)
class Asked:
    """A request that was made: PEM for the authority, and what that may turn down."""

    pem: str
    form: RequestForm
    key_id: str
    findings: tuple[Finding, ...]


def last_answers(settings: ProcessSettings, store: Store) -> dict[str, str]:
    """Return what the last request said, to be changed; at first our own name only."""
    with store.read() as tx:
        kept = tx.values.get(_ANSWERS)
    answers: dict[str, str] = json.loads(kept) if kept else {"common_name": host_of(settings)}
    return answers


def ask(
    settings: ProcessSettings,
    store: Store,
    answers: Mapping[str, str],
    *,
    actor: str,
    now: datetime,
) -> Asked:
    """
    Make a request from *answers*, and from the last ones for what is not among these.

    The private key stays here, sealed, until its certificate is installed. Raises `InvalidInput`.
    """
    texts = last_answers(settings, store) | dict(answers)
    form = fill(texts)
    made = make(form)
    pair = StoredPair(id=made.key_id, key=made.key, request=made.pem, made_at=now)
    with store.write() as tx:
        tx.key_pairs.put(pair)
        tx.values.set(_ANSWERS, json.dumps(texts))
        tx.audit.add(now, actor, "certificate requested", form.common_name)
    return Asked(pem=made.pem, form=form, key_id=made.key_id, findings=tuple(doubts(form)))
