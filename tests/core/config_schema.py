"""Writes the JSON Schema of the offhook format from the description of the settings."""

import json
from pathlib import Path
from typing import Any, get_args

import offhook
from offhook.api import Mode, Settings, describe
from offhook.model.described import Description

FILE = Path(offhook.__file__).parent / "schemas" / "config-v1.schema.json"

TEXT = {"type": "string"}
ADDRESS = {"type": "string", "format": "uri"}
TYPES: dict[Any, dict[str, Any]] = {
    str: TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    tuple[str, ...]: {"type": "array", "items": TEXT},
}


def schema() -> dict[str, Any]:
    """Return the schema; what a client does not know it may ignore, so nothing is closed."""
    told = {name: each for name, each in describe(Settings).items() if each.told}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:offhook:config:v1",
        "title": "offhook configuration, version 1",
        "description": "All that a softphone is told. Ignore members that you do not know: later "
        "servers may add some. A change that would mislead you has a new version.",
        **_object(
            format={"const": "offhook"},
            version={"const": 1},
            user=_object(display_name=TEXT, number=TEXT)
            | {"description": "The person, and the directory number in the PBX."},
            accounts={
                "type": "array",
                "description": "Register all of them; the password is for SIP digest.",
                "items": {"$ref": "#/$defs/account"},
            },
            settings={
                "type": "object",
                "description": "What applies to this user; a setting that is absent means nothing.",
                "properties": {name: _setting(each) for name, each in told.items()},
                "additionalProperties": {"$ref": "#/$defs/setting"},
            },
            refresh=_object(url=ADDRESS, once={"type": "boolean"}, interval={"type": "integer"})
            | {
                "description": "Ask here at every start, with the ETag of the last answer, and "
                "take the new address from what comes; not at all where once is true. While you "
                "run, ask again after interval minutes; 0: starts are enough."
            },
            logs=_object(url=ADDRESS)
            | {"description": "Send your log here, POST, text or gzip. Absent: send none."},
        ),
        "required": ["format", "version", "user", "accounts", "settings", "refresh"],
        "$defs": {"mode": _mode(), "setting": _setting(), "account": _account()},
    }


def text() -> str:
    """Return the schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members)}


def _setting(description: Description | None = None) -> dict[str, Any]:
    value: dict[str, Any] = {}
    if description:
        value = {**TYPES[description.type], "description": description.help}
        if description.choices:
            value["enum"] = list(description.choices)
    return _object(value=value, mode={"$ref": "#/$defs/mode"})


def _mode() -> dict[str, Any]:
    return {
        "description": "default: set it once, the user may change it; forced: an update sets it "
        "again; locked: the user cannot change it.",
        "enum": list(get_args(Mode)),
    }


def _account() -> dict[str, Any]:
    settings = describe(Settings)
    return _object(
        side={"enum": ["pbx", "gateway"]},
        host=TEXT,
        port={
            "type": "integer",
            "minimum": 0,
            "maximum": 65535,
            "description": "0: look up host and port by DNS SRV (RFC 3263).",
        },
        transport={"enum": list(settings["sip_transport"].choices)},
        srtp={"enum": list(settings["srtp_mode"].choices)},
        display_name=TEXT,
        username=TEXT,
    ) | {
        "description": "With the password, or with its hash where the realm is known.",
        "anyOf": [
            _object(password=TEXT),
            _object(realm=TEXT, ha1=TEXT, algorithm={"const": "MD5"}),
        ],
    }


if __name__ == "__main__":
    FILE.write_text(text())
