"""Linphone documents for tests: made, and read as XML."""

from typing import Any
from xml.etree import ElementTree

import attrs

import offhook_linphone
from offhook.api import ConfigDocument, DeviceLink, Mode, RenderedConfig, SettingValue
from offhook.testing import sample_device, sample_document
from offhook_linphone import FORMAT

NAMESPACE = "{http://www.linphone.org/xsds/lpconfig.xsd}"
Entries = dict[str, dict[str, str]]


def render(document: ConfigDocument, device: DeviceLink | None = None) -> RenderedConfig:
    return offhook_linphone.render(FORMAT, document, device or sample_device())


def entries(body: bytes, *, overwriting: bool | None = None) -> Entries:
    """Return section -> key -> value, on demand only of entries that overwrite or do not."""
    found: Entries = {}
    for section in ElementTree.fromstring(body).iter(f"{NAMESPACE}section"):
        for entry in section.iter(f"{NAMESPACE}entry"):
            overwrites = entry.get("overwrite") == "true"
            if overwriting in (None, overwrites):
                keys = found.setdefault(section.attrib["name"], {})
                keys[entry.attrib["name"]] = entry.text or ""
    return found


def document_with(**settings: tuple[Any, Mode]) -> ConfigDocument:
    """Return a document with one account, and of all settings only these."""
    told = {name: SettingValue(*value) for name, value in settings.items()}
    return attrs.evolve(sample_document(), settings=told)
