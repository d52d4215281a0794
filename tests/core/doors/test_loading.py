"""Which plugins are usable: what cannot be loaded is named with its reason, and is never fatal."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from offhook.api import CODECS, ClientFormat, PbxType, RenderedConfig, hookimpl
from offhook.doors import Limits, Plugins
from offhook.errors import PluginError, SettingsError, UnknownName
from offhook.testing import sample_device, sample_document

GOOD = """
from offhook.api import PbxType, hookimpl

@hookimpl
def pbx_type():
    return PbxType(name=__name__, label="A PBX", codecs=("pcma",))
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with one module and one entry point, for this test."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = set(sys.modules)

    def write(name: str, source: str = GOOD, *, module: str = "", version: str = "1.0") -> None:
        module = module or f"acme_{name}"
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text(f"[offhook]\n{name} = {module}\n")
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}\nSummary: For a test.\n"
        )

    yield write
    for added in set(sys.modules) - modules:
        if added.startswith("acme_"):
            del sys.modules[added]


def plugin(**hooks: Callable[..., object]) -> ModuleType:
    """Return a module with *hooks*."""
    module = ModuleType("acme", "Made for a test.\n\nOf the door.")
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    return module


def format_named(*names: str) -> ModuleType:
    """Return a plugin that announces client formats."""
    formats = [
        ClientFormat(
            name=name, label=name, version=1, content_type="text/plain", deep_link=lambda url: url
        )
        for name in names
    ]

    def render(client_format: ClientFormat) -> RenderedConfig:
        return RenderedConfig(body=client_format.name.encode(), content_type="text/plain")

    return plugin(client_formats=lambda: formats, render=render)


def pbx_named(name: str) -> ModuleType:
    """Return a plugin that announces a PBX type."""
    return plugin(pbx_type=lambda: PbxType(name=name, label=name, codecs=CODECS))


class TestInstalled:
    def test_core_brings_the_generic_pbx_and_the_offhook_format(self):
        plugins = Plugins.installed()

        assert "generic" in plugins.names()
        assert plugins.plugin_of_format("offhook") == "generic"
        assert plugins.pbx_types["generic"].codecs == CODECS

    def test_a_plugin_is_found_by_its_entry_point(self, install: Install):
        install("fine", version="2.5")

        plugins = Plugins.installed()

        found = plugins.describe("fine")
        assert "fine" in plugins.names()
        assert (found.distribution, found.version) == ("acme_fine", "2.5")
        assert found.summary == "For a test."
        assert found.hooks == ("pbx_type",)
        assert found.announces == ("PBX type acme_fine",)

    def test_an_import_error_breaks_only_that_plugin(self, install: Install):
        install("bad", "import a_library_that_nobody_has")
        install("fine")

        plugins = Plugins.installed()

        assert "fine" in plugins.names()
        assert "bad" not in plugins.names()
        assert plugins.broken["bad"] == (
            "cannot be imported: ModuleNotFoundError: No module named 'a_library_that_nobody_has'"
        )
        assert plugins.describe("bad").broken == plugins.broken["bad"]

    @pytest.mark.parametrize("source", ["raise ValueError('x')", "raise SystemExit(3)", "def ("])
    def test_whatever_a_plugin_does_at_import_is_not_fatal(self, install: Install, source: str):
        install("bad", source)

        assert Plugins.installed().broken["bad"].startswith("cannot be imported: ")

    def test_two_plugins_of_one_name_are_refused_and_both_distributions_named(
        self, install: Install
    ):
        install("twin", module="acme_one")
        install("twin", module="acme_two", version="3.1")

        plugins = Plugins.installed()

        assert "twin" not in plugins.names()
        assert "acme_one 1.0 and acme_two 3.1" in plugins.broken["twin"]
        assert not {"acme_one", "acme_two"} & set(sys.modules)

    def test_a_disabled_plugin_is_not_even_imported(self, install: Install):
        install("unwanted", "raise RuntimeError('imported')")

        plugins = Plugins.installed(disabled=["unwanted"])

        assert plugins.disabled == ("unwanted",)
        assert "acme_unwanted" not in sys.modules
        assert "unwanted" not in {*plugins.names(), *plugins.broken}
        assert plugins.describe("unwanted").disabled
        with pytest.raises(SettingsError, match="Plugin unwanted is disabled") as caught:
            plugins.options_class("unwanted")
        assert "disabled_plugins" in caught.value.hint


class TestValidation:
    def test_a_misspelt_hook_breaks_the_plugin(self):
        plugins = Plugins({"bad": plugin(rendr=lambda: None), "pbx": pbx_named("x")})

        assert plugins.broken == {"bad": "unknown hook 'rendr'."}
        assert plugins.names() == ("pbx",)

    def test_a_misspelt_argument_breaks_the_plugin(self):
        def diagnose(conection: object) -> list[object]:
            return []

        plugins = Plugins({"bad": plugin(diagnose=diagnose), "pbx": pbx_named("x")})

        assert "hook 'diagnose'" in plugins.broken["bad"]
        assert "conection" in plugins.broken["bad"]
        assert "\n" not in plugins.broken["bad"]
        assert plugins.names() == ("pbx",)

    def test_a_module_without_hooks_is_no_plugin(self):
        assert Plugins({"bad": ModuleType("bad")}).broken == {"bad": "it implements no hook."}

    def test_a_broken_plugin_is_an_error_when_it_is_asked(self):
        plugins = Plugins({"bad": plugin(rendr=lambda: None)})

        with pytest.raises(PluginError, match="Plugin bad: unknown hook 'rendr'"):
            plugins.options_class("bad")

    def test_a_name_that_nobody_has_is_unknown(self):
        plugins = Plugins({"pbx": pbx_named("x")})

        with pytest.raises(UnknownName, match="no plugin 'pbz'") as caught:
            plugins.options_class("pbz")
        assert caught.value.hint == "Did you mean pbx?"
        with pytest.raises(UnknownName):
            plugins.describe("pbz")
        with pytest.raises(UnknownName, match="no client format 'paper'"):
            plugins.plugin_of_format("paper")

    def test_a_plugin_without_distribution_is_described_by_its_docstring(self):
        found = Plugins({"pbx": pbx_named("x")}).describe("pbx")

        assert (found.summary, found.distribution) == ("Made for a test.", "")


class TestAnnouncements:
    def test_two_plugins_may_not_announce_one_format(self):
        plugins = Plugins({"b": format_named("paper", "stone"), "a": format_named("paper")})

        assert plugins.broken == {"b": "the client format paper of b is announced by a already."}
        assert list(plugins.formats) == ["paper"]
        assert plugins.plugin_of_format("paper") == "a"

    def test_two_plugins_may_not_announce_one_pbx_type(self):
        plugins = Plugins({"b": pbx_named("same"), "a": pbx_named("same"), "c": pbx_named("other")})

        assert plugins.broken == {"b": "the PBX type same of b is announced by a already."}
        assert plugins.names() == ("a", "c")
        assert list(plugins.pbx_types) == ["same", "other"]

    def test_one_plugin_may_not_announce_a_format_twice(self):
        plugins = Plugins({"a": format_named("paper", "paper")})

        assert plugins.broken == {"a": "client_formats answered two formats of one name."}

    def test_formats_without_render_break_the_plugin(self):
        module = format_named("paper")
        del module.render

        assert Plugins({"a": module}).broken == {"a": "it does not implement render."}

    def test_a_plugin_that_fails_to_announce_is_broken(self):
        def raises() -> PbxType:
            raise KeyError("codecs")

        plugins = Plugins(
            {
                "list": plugin(pbx_type=lambda: ["no", "type"]),
                "none": plugin(pbx_type=lambda: None),
                "raises": plugin(pbx_type=raises),
                "strings": plugin(client_formats=lambda: ["paper"], render=lambda: None),
            }
        )

        assert plugins.broken == {
            "list": "pbx_type answered list instead of PbxType.",
            "none": "pbx_type answered nothing.",
            "raises": "pbx_type failed with KeyError: 'codecs'",
            "strings": "client_formats answered str instead of ClientFormat.",
        }

    def test_a_plugin_that_hangs_when_it_should_announce_is_broken(self, never: Callable[[], None]):
        plugins = Plugins({"slow": plugin(pbx_type=never)}, limits=Limits(ask=0.05))

        assert "pbx_type did not answer within 0.05 seconds" in plugins.broken["slow"]
        assert plugins.names() == ()

    def test_every_format_is_rendered_by_its_own_plugin(self):
        plugins = Plugins({"a": format_named("paper", "stone"), "b": format_named("wood")})

        for name in ("paper", "stone", "wood"):
            rendered = plugins.render(name, sample_document(), sample_device())
            assert rendered.body == name.encode()
