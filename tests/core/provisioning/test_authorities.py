"""Certificates of authorities in profiles: checked, and nothing else of their file is shown."""

from collections.abc import Callable
from datetime import datetime

import pytest

from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.provisioning import profiles
from offhook.store.store import Store
from tests.lab.pki import Pki

Make = Callable[..., object]


@pytest.fixture
def make(store: Store, plugins: Plugins, now: datetime) -> Make:
    """Make a profile with a custom authority in it."""

    def make(text: str) -> None:
        texts = {"ca_type": "custom", "custom_ca": text}
        profiles.create(store, plugins, "staff", texts, actor="me", now=now)

    return make


@pytest.mark.parametrize("form", [str, lambda key: "".join(key.splitlines()[1:-1])])
def test_a_key_given_as_an_authority_is_refused_and_not_shown(form, make: Make, pki: Pki) -> None:
    key = pki.leaf.key.read_text()

    with pytest.raises(InvalidInput, match="no certificate") as caught:
        make(form(key))

    assert not [line for line in key.splitlines()[1:-1] if line[:20] in str(caught.value)]


def test_the_audit_has_no_part_of_a_key_beside_an_authority(
    make: Make, pki: Pki, store: Store
) -> None:
    key = pki.leaf.key.read_text()

    make(key + pki.root.read_text())

    with store.read() as tx:
        [said] = [each.detail for each in tx.audit.latest() if each.action == "profile created"]
    assert "custom_ca=" in said
    assert key.splitlines()[1][:20] not in said


def test_more_authorities_than_clients_take_are_refused(make: Make, pki: Pki) -> None:
    with pytest.raises(InvalidInput, match="it holds 21 certificates, clients take up to 20"):
        make(pki.root.read_text() * 21)
