"""The code in the documentation of plugins is run as it stands there."""

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

import offhook_mvo400
from offhook.testing import PluginContract, Seen

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of code of *language* on *page*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.M | re.S)


def module(name: str, source: str) -> ModuleType:
    """Return a module made of *source*, importable by *name*."""
    made = ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, f"{name}.py", "exec"), vars(made))
    return made


SHOWN, SHOWN_TEST = blocks("how-to/write-a-plugin.md", "python")
*SHOWN_PBX, SHOWN_PBX_TEST = blocks("how-to/add-a-pbx.md", "python")
PROJECT = tomllib.loads(blocks("how-to/write-a-plugin.md", "toml")[0])["project"]

outbox = module("offhook_outbox", SHOWN)
acme = module("offhook_acme", "\n".join(blocks("reference/hooks.md", "python")))
outbox_test = module("test_outbox", SHOWN_TEST)
pbx_test = module("test_add_a_pbx", SHOWN_PBX_TEST)


@pytest.fixture(autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both plugins have entry points, as if they were installed."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("acme", "outbox"):
        info = folder / f"offhook_{name}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: offhook-{name}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[offhook]\n{name} = offhook_{name}\n")
    monkeypatch.syspath_prepend(folder)


class TestOutbox(outbox_test.TestOutbox):  # type: ignore[misc, name-defined]
    """The plugin of the how-to, tested by the test of the how-to."""


class TestPbx(pbx_test.TestMvo400):  # type: ignore[misc, name-defined]
    """The plugin of the integrator's guide, tested by the test of the guide."""


class TestAcme(PluginContract):
    """The plugin that the examples of the reference make up."""

    plugin = acme
    options = acme.Options(host="acme.example.org", password=acme.Secret("s3cret"))
    cannot_carry = ("emoji", "right-to-left")

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        fields = [line.split("\t") for line in body.decode().split("\n")]
        return [Seen(*line[2:]) for line in fields if line[0] == "account"]


def test_the_project_of_the_how_to_announces_its_plugin():
    assert PROJECT["entry-points"] == {"offhook": {"outbox": outbox.__name__}}


def test_the_guide_shows_the_whole_plugin_as_it_is():
    sources = Path(offhook_mvo400.__file__).parent.glob("*.py")

    assert sorted(SHOWN_PBX) == sorted(path.read_text() for path in sources)


def test_a_whole_plugin_is_short():
    assert len([line for line in SHOWN.splitlines() if line.strip()]) <= 25
