"""Unchanged, forced, revoked: what a device is told, and that nothing is built for nothing."""

import re

import pytest

import offhook.api
from offhook import generic
from offhook.doors import Plugins
from offhook.model.users import Selection
from offhook.provisioning import devices, profiles
from tests.server.test_downloads import CLIENT


class Counting:
    """A format that counts how often it has to render."""

    def __init__(self):
        self.rendered = 0

    @offhook.api.hookimpl
    def client_formats(self):
        return [
            offhook.api.ClientFormat(
                name="counting",
                label="Counting",
                version=1,
                content_type="text/plain",
                deep_link=lambda address: address,
            )
        ]

    @offhook.api.hookimpl
    def render(self, client_format, document, device):
        self.rendered += 1
        return offhook.api.RenderedConfig(
            body=device.url.reveal().encode(), content_type=client_format.content_type
        )


@pytest.fixture
def counting(site):
    """The format that the site's clients get."""
    made = Counting()
    site.app.plugins = Plugins({"generic": generic, "counting": made})
    edit(site, client_format="counting")
    return made


def edit(site, **texts):
    profiles.edit(site.store, site.app.plugins, "default", texts, actor="me", now=site.app.now())


@pytest.fixture
def device(site, client):
    """A device that has downloaded: asks again, with its ETag or without."""

    class Device:
        def __init__(self, token):
            self.first = client.get(f"/c/{token}", headers=CLIENT)
            self.path = re.search(r"https://[^/]+(/r/[-\w]+)", self.first.text)[1]
            self.etag = self.first.headers["etag"]

        def ask(self):
            answer = client.get(self.path, headers={"if-none-match": self.etag})
            self.etag = answer.headers.get("etag", self.etag)
            return answer

    return Device


def test_what_is_unchanged_is_found_out_without_building_it(site, counting, device):
    phone = device(site.deployed())
    assert counting.rendered == 1

    assert [phone.ask().status_code for _ in range(5)] == [304] * 5

    assert counting.rendered == 1


def test_the_etag_tells_apart_what_renders_alike(site, counting, device):
    """It is made of revisions, never of bytes: this format says nothing of the setting."""
    phone = device(site.deployed())
    edit(site, voicemail_number="*86")

    assert [phone.ask().status_code for _ in range(2)] == [200, 304]
    assert counting.rendered == 2


def test_a_forced_device_is_told_everything_once(site, counting, device):
    phone = device(site.deployed())

    site.app.force(Selection())

    assert [phone.ask().status_code for _ in range(3)] == [200, 304, 304]
    assert counting.rendered == 2


def test_another_users_device_is_not_concerned(site, counting, device):
    phone, other = device(site.deployed()), device(site.deployed("7329"))

    site.app.force(Selection(ids=("user-7329",)))

    assert [phone.ask().status_code, other.ask().status_code] == [304, 200]


def test_a_revoked_device_is_refused_like_a_stranger(site, client, device):
    phone, other = device(token := site.deployed()), device(token)
    found = {each.device.id for each in devices.page(site.store).lines}
    revoked = min(found)  # the older one: ids begin with the time
    devices.revoke(site.store, [revoked], actor="me", now=site.app.now())

    answer, stranger = phone.ask(), client.get("/r/" + "x" * 43)

    assert (answer.status_code, answer.content) == (stranger.status_code, stranger.content)
    assert dict(answer.headers) == dict(stranger.headers)
    assert other.ask().status_code == 304
    assert site.deployment().downloads_left == 1
    edit(site, voicemail_number="*86")
    assert [phone.ask().status_code, other.ask().status_code] == [404, 200]
