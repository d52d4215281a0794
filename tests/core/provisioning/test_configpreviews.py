"""A preview is what a client would get, with stars for every secret."""

import json

import pytest
from attrs import evolve

from offhook import generic
from offhook.api import Secret
from offhook.doors import Plugins
from offhook.errors import InvalidInput
from offhook.model.profiles import Profile
from offhook.provisioning import configpreviews, previews

PLUGINS = Plugins({"generic": generic})
STAFF = Profile(id="p", name="staff", settings={"pbx_host": "pbx.test"})


def test_secrets_are_stars_and_the_rest_is_as_it_would_be(now):
    user = evolve(previews.invent("staff", now), pbx_password=Secret("s3cret"), pbx_host="")

    shown = configpreviews.render(STAFF, user, PLUGINS, public_url="https://phones.test")

    told = json.loads(shown.config.body)
    assert (shown.label, told["accounts"][0]["host"]) == ("offhook JSON", "pbx.test")
    assert told["accounts"][0]["password"] == "****"
    assert told["refresh"]["url"] == "https://phones.test/r/****"
    assert b"s3cret" not in shown.config.body


def test_who_cannot_be_deployed_has_no_configuration(now):
    user = evolve(previews.invent("staff", now), pbx_password=None)

    with pytest.raises(InvalidInput, match="no PBX SIP password"):
        configpreviews.render(STAFF, user, PLUGINS)
