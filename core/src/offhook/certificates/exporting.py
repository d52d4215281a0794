"""Packs the certificate of our own server for another one, with its private key or without."""

from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from attrs import frozen

from offhook.certificates.own import OwnPair, current
from offhook.certificates.reading import pem_of
from offhook.certificates.views import common_name
from offhook.errors import InvalidInput
from offhook.model.admins import PRIMARY
from offhook.settings import ProcessSettings
from offhook.store.store import Store

WARNING = (
    "The ZIP holds the private key in clear. Whoever has it can pass for this server: delete every "
    "copy after the transfer."
)
_READ_ME = "read-me.txt"


@frozen(kw_only=True)
class Export:
    """A ZIP file; ``warning`` is to be shown with it."""

    content: bytes
    warning: str


def export(
    settings: ProcessSettings,
    store: Store,
    *,
    key: bool,
    role: str,
    actor: str,
    now: datetime,
) -> Export:
    """
    Return the certificate and its chain as a ZIP of PEM files; with *key*, the private key, too.

    The key is for the primary administrator only; every export is audited. Raises
    `InvalidInput` for another *role*, and where there is nothing to export.
    """
    if key and role != PRIMARY:
        raise InvalidInput(
            f"Only the {PRIMARY} may export the private key.", hint="Export it without the key."
        )
    pair = current(settings, store)
    if not pair:
        raise InvalidInput(
            "There is no certificate yet.", hint="Install one: offhook certs install FILES"
        )
    said = "certificate exported with its private key" if key else "certificate exported"
    with store.write() as tx:
        tx.audit.add(now, actor, said, common_name(pair.certificates[0]))
    return Export(content=_zip(_files(pair, key=key), now), warning=WARNING if key else "")


def _files(pair: OwnPair, *, key: bool) -> dict[str, str]:
    """Return names and contents; systems differ in whether they want the chain apart."""
    own, *others = pair.certificates
    files = {"certificate.pem": pem_of([own]), "fullchain.pem": pem_of(pair.certificates)}
    if others:
        files["intermediates.pem"] = pem_of(others)
    if key:
        files |= {"private_key.pem": pair.key.reveal(), _READ_ME: f"{WARNING}\n"}
    return files


def _zip(files: dict[str, str], now: datetime) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = ZipInfo(name, now.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return packed.getvalue()
