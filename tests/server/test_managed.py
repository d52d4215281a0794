"""The address that an MDM hands out stays good: a phone goes back to it at every start."""

import re

import pytest

from offhook.model.users import Selection
from offhook.provisioning import devices
from tests.server.conftest import URL


@pytest.fixture
def address(site):
    """What the phone of a new user is handed, as a path of the server."""
    site.add_user()
    (managed,) = site.app.manage(Selection(), authority=False).managed
    return managed.values["configUri"].reveal().removeprefix(URL)


def own_address(answer):
    """Return where a configuration sends the phone the next time."""
    return re.search(rf'"config-uri" overwrite="true">{URL}(.*)<', answer.text)[1]


def held(site):
    with site.store.read() as tx:
        return tx.devices.of_user("user-7328")


def test_one_download_counts_however_often_the_phone_starts(site, client, address):
    """Each start asks at the address of the last configuration, then at that of the MDM."""
    answer = client.get(address)
    for _ in range(7):
        refreshed = client.get(own_address(answer))
        answer = client.get(address)
        assert (refreshed.status_code, answer.status_code) == (200, 200)

    assert site.deployment().downloads_left == 2
    assert len(held(site)) == 1


def test_the_address_outlives_its_link(site, client, address):
    client.get(address)
    with site.store.write() as tx:
        tx.deployments.expire(site.deployment().expires_at, 10)

    assert site.deployment().token_state == "expired"
    assert client.get(address).status_code == 200


def test_a_revoked_phone_is_refused_there_too(site, client, address):
    client.get(address)
    (device,) = held(site)

    devices.revoke(site.store, [device.id], actor="me", now=site.app.now())

    assert client.get(address).status_code == 404
