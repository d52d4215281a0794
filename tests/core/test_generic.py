"""Core's own plugin keeps the contract of all plugins, and what it renders its published schema."""

import json
from collections.abc import Sequence
from hashlib import md5
from typing import Any

import pytest
from attrs import evolve
from jsonschema import Draft202012Validator, ValidationError

from offhook import generic
from offhook.api import ConfigDocument, Settings, describe
from offhook.doors import Plugins
from offhook.testing import (
    PluginContract,
    Seen,
    sample_account,
    sample_device,
    sample_document,
)
from offhook.testing.samples import DEVICE_TOKEN, HOSTILE_TEXTS
from tests.core import config_schema

SCHEMA = json.loads(config_schema.FILE.read_text())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


class TestGeneric(PluginContract):
    plugin = generic

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        return [
            Seen(each["username"], each["password"], each["display_name"])
            for each in json.loads(body)["accounts"]
        ]

    def test_who_is_sent_elsewhere_learns_where_and_that_it_is_no_configuration(
        self, plugins: Plugins
    ):
        link = "https://phones.example.org/c/7K3QZ"
        told = json.loads(plugins.formats["offhook"].next_document(link))

        assert told == {"format": "offhook-next", "version": 1, "url": link}
        assert not VALIDATOR.is_valid(told)

    def test_the_deep_link_opens_our_own_scheme(self, plugins: Plugins):
        link = plugins.formats["offhook"].deep_link("https://phones.example.org:8443/c/7K3QZ")

        assert link == "offhook://phones.example.org:8443/c/7K3QZ"


def rendered(document: ConfigDocument, *, once: bool = False) -> Any:
    """Return *document* as a client of the offhook format reads it."""
    return json.loads(generic.render(document, sample_device(once=once)).body)


def test_the_published_schema_is_that_of_todays_settings():
    assert config_schema.FILE.read_text() == config_schema.text(), (
        "run: python -m tests.core.config_schema"
    )
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_describes_every_setting_that_is_told_and_no_other():
    described = SCHEMA["properties"]["settings"]["properties"]

    assert set(described) == {name for name, each in describe(Settings).items() if each.told}


@pytest.mark.parametrize("sample", HOSTILE_TEXTS)
def test_what_is_rendered_is_as_the_schema_says(sample: str):
    text = HOSTILE_TEXTS[sample]
    accounts = [
        sample_account(side, password=text, display_name=text) for side in ("pbx", "gateway")
    ]

    VALIDATOR.validate(rendered(sample_document(*accounts, display_name=text)))


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        (name, choice)
        for name, each in describe(Settings).items()
        if each.told
        for choice in each.choices
    ],
)
def test_every_choice_of_a_setting_is_in_the_schema(name: str, choice: str):
    content = rendered(sample_document(settings={name: choice}))

    VALIDATOR.validate(content)
    content["settings"][name]["value"] = "no such choice"
    with pytest.raises(ValidationError):
        VALIDATOR.validate(content)


@pytest.mark.parametrize(
    "path", ["format", "version", "user", "accounts", "settings", "refresh", "refresh.url"]
)
def test_the_schema_refuses_a_configuration_with_something_missing(path: str):
    content = rendered(sample_document())
    *parents, last = path.split(".")
    member = content
    for parent in parents:
        member = member[parent]
    del member[last]

    with pytest.raises(ValidationError):
        VALIDATOR.validate(content)


def test_nothing_of_a_document_is_lost():
    document = sample_document(
        sample_account("pbx"),
        sample_account("gateway", username="gw", host="192.0.2.7"),
        number="7",
    )

    content = rendered(document, once=True)

    assert content["user"] == {"display_name": "Ana Ruiz", "number": "7"}
    assert [each["side"] for each in content["accounts"]] == ["pbx", "gateway"]
    assert content["accounts"][1] == {
        "side": "gateway",
        "host": "192.0.2.7",
        "port": 5061,
        "transport": "tls",
        "srtp": "mandatory",
        "display_name": "Ana Ruiz",
        "username": "gw",
        "password": "s3cret-of-2001",
    }
    assert content["settings"] == {
        name: {
            "value": list(each.value) if isinstance(each.value, tuple) else each.value,
            "mode": each.mode,
        }
        for name, each in document.settings.items()
    }
    assert content["refresh"] == {
        "url": "https://phones.example.org/r/d3v1c3-t0k3n-0123456789abcdefghijklmnopqrstu",
        "once": True,
        "interval": 0,
    }
    assert generic.render(document, sample_device()).lost == ()


def test_where_the_realm_is_known_its_hash_stands_for_the_password():
    account = evolve(sample_account(), realm="pbx.example.org")

    content = rendered(sample_document(account))

    VALIDATOR.validate(content)
    told = content["accounts"][0]
    wanted = md5(b"2001:pbx.example.org:s3cret-of-2001", usedforsecurity=False).hexdigest()
    assert (told["realm"], told["ha1"], told["algorithm"]) == ("pbx.example.org", wanted, "MD5")
    assert "s3cret-of-2001" not in json.dumps(content)


def test_a_client_is_told_where_its_log_goes_only_where_it_may_send_one():
    content = json.loads(generic.render(sample_document(), sample_device(logs=True)).body)

    VALIDATOR.validate(content)
    assert content["logs"] == {"url": f"https://phones.example.org/l/{DEVICE_TOKEN}"}
    assert "logs" not in rendered(sample_document())
