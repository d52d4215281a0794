"""Devices ask again: by their own address, or by the pair that they sign in with."""

import re
from datetime import timedelta

from sqlalchemy import select, update

from offhook.store.tables import table
from tests.server.test_downloads import CLIENT


def test_a_device_refreshes_with_its_own_address_and_is_told_when_nothing_changed(site, client):
    token = site.deployed()
    first = client.get(f"/c/{token}", headers=CLIENT)
    refresh = re.search(r"https://[^/]+(/r/[-\w]+)", first.text)[1]

    unchanged = client.get(refresh, headers={"if-none-match": first.headers["etag"]})
    again = client.get(refresh)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    assert again.content == first.content
    assert site.deployment().applied_at
    assert site.deployment().downloads_left == 2


def test_a_changed_user_gets_a_new_version(site, client):
    token = site.deployed()
    first = client.get(f"/c/{token}", headers=CLIENT)
    refresh = re.search(r"https://[^/]+(/r/[-\w]+)", first.text)[1]
    with site.store.write() as tx:
        (user,) = tx.users.get(["user-7328"])
        tx.users.change(user, {"last_name": "Byron"})

    answer = client.get(refresh, headers={"if-none-match": first.headers["etag"]})

    assert answer.status_code == 200
    assert "Byron" in answer.text
    assert answer.headers["etag"] != first.headers["etag"]


def test_an_old_device_token_is_exchanged_and_dropped_once_the_new_one_is_used(site, client):
    token = site.deployed()
    first = client.get(f"/c/{token}", headers=CLIENT)
    old = re.search(r"https://[^/]+(/r/[-\w]+)", first.text)[1]
    _make_older(site, timedelta(days=40))

    new = re.search(r"https://[^/]+(/r/[-\w]+)", client.get(old).text)[1]

    assert new != old
    assert client.get(old).status_code == 200, "the answer may have been lost"
    newest = re.search(r"https://[^/]+(/r/[-\w]+)", client.get(new).text)[1]
    assert newest == new
    assert client.get(old).status_code == 404


def _make_older(site, by):
    tokens = table("device_token")
    with site.store.write() as tx:
        made = tx.connection.execute(select(tokens.c.created_at)).scalar_one()
        tx.connection.execute(update(tokens).values(created_at=made - by))


def test_a_client_that_signs_in_downloads_once_and_refreshes_from_then_on(site, client):
    token = site.deployed()

    answers = [
        client.post("/f/offhook", data={"token": token, "device": "phone-1"}) for _ in range(5)
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert site.deployment().downloads_left == 2
    assert site.deployment().applied_at
    assert client.get("/f/offhook", params={"token": token, "device": "two"}).status_code == 200
    assert site.deployment().downloads_left == 1


def test_the_address_that_a_signed_in_client_was_told_last_works(site, client):
    signing_in = {"token": site.deployed(), "device": "phone-1"}
    client.post("/f/offhook", data=signing_in)

    told = client.post("/f/offhook", data=signing_in).json()["refresh"]["url"]

    assert client.get(told).status_code == 200
    assert site.deployment().downloads_left == 2
