"""Installs a certificate for our own server: sorts files out, finds its key, and stores both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from attrs import evolve, frozen
from cryptography import x509

from offhook.certificates.examining import examine
from offhook.certificates.expiry import settle
from offhook.certificates.fetching import Download, complete
from offhook.certificates.orders import order
from offhook.certificates.own import OwnPair, host_of, load_into
from offhook.certificates.reading import FoundKey, Material, pem_of
from offhook.certificates.trust import Trust
from offhook.certificates.views import (
    CertificateView,
    common_name,
    describe_all,
    is_authority,
    key_id,
    title,
)
from offhook.errors import InvalidInput
from offhook.model.findings import Finding
from offhook.settings import ProcessSettings
from offhook.store.keypairs import StoredPair
from offhook.store.store import Store, Transaction

SHOWN = 12  # digits of a fingerprint, to tell keys apart


@frozen(kw_only=True)
class Installed:
    """What was installed; it is not ``served`` where the settings name files of their own."""

    certificates: tuple[CertificateView, ...]
    findings: tuple[Finding, ...]
    served: bool


def install(
    settings: ProcessSettings,
    store: Store,
    material: Material,
    *,
    trust: Trust,
    get: Download | None = None,
    actor: str,
    now: datetime,
) -> Installed:
    """
    Install the certificate that *material* holds with its chain and key; servers take it by itself.

    The key may also be that of a request made here. With *get* a missing intermediate certificate
    is fetched. Raises `InvalidInput` where nothing can be served with it; what phones will not like
    is among the findings.
    """
    with store.read() as tx:
        known = tx.key_pairs.all()
    own, pair = match(material, known, now)
    given = material.certificates
    ordered = complete(given, trust, now, own, get) if get else order(given, trust, now, own)
    future = OwnPair(source="installed", certificates=ordered.chain, key=pair.key)
    load_into(SSLContext(PROTOCOL_TLS_SERVER), future)
    is_served = not settings.certificate
    with store.write() as tx:
        _keep(tx, evolve(pair, chain=pem_of(ordered.chain), installed_at=now))
        if is_served:
            settle(tx, ordered.chain, now)
        until = f"until {own.not_valid_after_utc:%Y-%m-%d}"
        tx.audit.add(now, actor, "certificate installed", common_name(own), until)
    return Installed(
        certificates=describe_all(ordered.chain, now),
        findings=tuple(examine(ordered.chain, ordered, host_of(settings), trust, now)),
        served=is_served,
    )


def match(
    material: Material, known: Sequence[StoredPair], now: datetime
) -> tuple[x509.Certificate, StoredPair]:
    """
    Return the server's certificate and its key, from *material* or from a request made here.

    Of an old and a renewed one it is that which lasts longer.
    Raises `InvalidInput` naming the keys that do not fit.
    """
    own = [each for each in material.certificates if not is_authority(each)]
    own = sorted(own or material.certificates, key=lambda each: each.not_valid_after_utc)
    if not own:
        raise InvalidInput("There is no certificate in these files.")
    given = {key_id(each.key.public_key()): each for each in material.keys}
    waiting = {} if given else {each.id: each for each in known}
    for each in reversed(own):
        found = key_id(each.public_key())
        if found in given:
            return each, StoredPair(id=found, key=given[found].pem, made_at=now)
        if found in waiting:
            return each, waiting[found]
    raise _no_key(own[0], given, waiting)


def _no_key(
    own: x509.Certificate,
    given: Mapping[str, FoundKey],
    waiting: Mapping[str, StoredPair],
) -> InvalidInput:
    wanted = key_id(own.public_key())[:SHOWN]
    lines = [f"{each.name} holds the key {number[:SHOWN]}" for number, each in given.items()]
    lines += [f"{_origin(each)} has the key {each.id[:SHOWN]}" for each in waiting.values()]
    others = "; ".join(lines) or "there is no key at all"
    return InvalidInput(
        f"The certificate of {common_name(own)} belongs to the key {wanted}, but {others}.",
        hint="Give the key file that its request was made with.",
    )


def _origin(pair: StoredPair) -> str:
    if not pair.request:
        return f"what was installed on {pair.made_at:%Y-%m-%d}"
    subject = x509.load_pem_x509_csr(pair.request.encode()).subject
    return f"the request of {pair.made_at:%Y-%m-%d} for {title(subject)}"


def _keep(tx: Transaction, pair: StoredPair) -> None:
    for each in tx.key_pairs.all():
        if each.installed_at:
            tx.key_pairs.delete(each.id)
    tx.key_pairs.put(pair)
