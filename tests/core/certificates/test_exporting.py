"""The ZIP holds what another server needs; the key is for the primary administrator, audited."""

import io
import stat
import zipfile
from datetime import UTC, datetime

import pytest

from offhook.certificates.exporting import export
from offhook.certificates.installing import install
from offhook.errors import InvalidInput
from offhook.model.admins import PRIMARY

NOW = datetime.now(UTC)


@pytest.fixture
def pack(settings, store, trust, files, own, middle):
    """Export an installed certificate."""
    install(settings, store, files(own, middle), trust=trust, actor="", now=NOW)

    def do(*, key=True, role=PRIMARY):
        return export(settings, store, key=key, role=role, actor="ada", now=NOW)

    return do


def contents(made):
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.testzip() is None
        modes = {stat.S_IMODE(each.external_attr >> 16) for each in archive.infolist()}
        assert modes == {0o600}
        return {name: archive.read(name) for name in archive.namelist()}


def audit(store):
    with store.read() as tx:
        return [(each.actor, each.action) for each in tx.audit.latest()]


def test_the_zip_holds_certificate_chain_and_key(pack, store, own, middle):
    made = pack()
    found = contents(made)

    assert found.pop("read-me.txt").decode().strip() == made.warning
    assert found == {
        "certificate.pem": own.pem,
        "intermediates.pem": middle.pem,
        "fullchain.pem": own.pem + middle.pem,
        "private_key.pem": own.key_pem,
    }
    assert "delete every copy after the transfer" in made.warning
    assert audit(store)[0] == ("ada", "certificate exported with its private key")


def test_without_the_key_anybody_may_have_it(pack, store):
    made = pack(key=False, role="administrator")

    assert made.warning == ""
    assert set(contents(made)) == {"certificate.pem", "intermediates.pem", "fullchain.pem"}
    assert b"PRIVATE" not in made.content
    assert audit(store)[0] == ("ada", "certificate exported")


def test_the_key_is_not_for_other_administrators(pack, store):
    before = audit(store)
    with pytest.raises(InvalidInput, match="Only the primary administrator"):
        pack(role="administrator")
    assert audit(store) == before


def test_without_a_certificate_there_is_nothing_to_export(settings, store):
    with pytest.raises(InvalidInput, match="no certificate yet"):
        export(settings, store, key=False, role=PRIMARY, actor="", now=NOW)
