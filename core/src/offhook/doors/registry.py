"""Which plugins there are, what they announce, and which of them can be called."""

from collections.abc import Collection, Mapping
from typing import Self

import attrs

from offhook.doors.answers import expect
from offhook.doors.calling import Call, Calls, Limits
from offhook.doors.loading import Found, PluginDescription, bind, describe, find
from offhook.errors import OffhookError, PluginError, SettingsError, UnknownName
from offhook.model.documents import ClientFormat
from offhook.model.profiles import PbxType

LIMITS = Limits()


class Registry:
    """
    Plugins by name.

    ``broken`` says of each that cannot be used why, ``disabled`` names those not even imported.
    ``formats`` and ``pbx_types`` hold what the others announce; a plugin that announces a name
    which another one, earlier by name, has announced already is broken as a whole. A plugin that
    takes too long is ``hanging``: it is not called again in this process.
    """

    def __init__(
        self, plugins: Mapping[str, object], *, limits: Limits = LIMITS, found: Found | None = None
    ) -> None:
        self._found = found or Found(plugins=plugins)
        self._calls = Calls()
        self._hooks, broken = bind(plugins, limits)
        self.broken = {**self._found.broken, **broken}
        self.disabled = tuple(self._found.disabled)
        self.formats: dict[str, ClientFormat] = {}
        self.pbx_types: dict[str, PbxType] = {}
        self._owners: dict[str, str] = {}
        for name in self.names():
            try:
                self._index(name)
            except OffhookError as error:
                self.broken[name] = str(error).removeprefix(f"Plugin {name}: ")
                del self._hooks[name]

    @classmethod
    def installed(cls, disabled: Collection[str] = (), *, limits: Limits = LIMITS) -> Self:
        """Load what is installed in the entry point group ``offhook``, except *disabled*."""
        found = find(disabled)
        return cls(found.plugins, limits=limits, found=found)

    def names(self) -> tuple[str, ...]:
        """Return the names of the usable plugins, sorted."""
        return tuple(sorted(self._hooks))

    @property
    def hanging(self) -> Mapping[str, str]:
        """The plugins that are not called again in this process, and why."""
        return self._calls.hanging

    def implements(self, plugin: str, hook: str) -> bool:
        """Whether the usable *plugin* has *hook*; False where there is no such plugin."""
        return hook in self._hooks.get(plugin, {})

    def pbx_type_of(self, plugin: str) -> PbxType | None:
        """Return the PBX type that *plugin* stands for; None where it is no PBX."""
        owned = (each for each in self.pbx_types.values())
        return next((t for t in owned if self._owners[f"PBX type {t.name}"] == plugin), None)

    def plugin_of_format(self, name: str) -> str:
        """Return the plugin that renders the client format *name*."""
        if name not in self.formats:
            raise UnknownName("client format", name, tuple(self.formats))
        return self._owners[f"client format {name}"]

    def describe(self, name: str) -> PluginDescription:
        """Return what is known of the plugin *name*: usable, broken or disabled."""
        known = {*self._hooks, *self.broken, *self.disabled}
        if name not in known:
            raise UnknownName("plugin", name, tuple(known))
        return attrs.evolve(
            describe(name, self._found),
            hooks=tuple(sorted(self._hooks.get(name, ()))),
            announces=tuple(thing for thing, owner in self._owners.items() if owner == name),
            broken=self.broken.get(name, ""),
            hanging=self.hanging.get(name, ""),
            disabled=name in self.disabled,
        )

    def _index(self, name: str) -> None:
        """Note the client formats and the PBX type that plugin *name* announces."""
        formats, pbx_types = self._ask_formats(name), self._ask_pbx_type(name)
        news = [f"client format {each}" for each in formats]
        news += [f"PBX type {each}" for each in pbx_types]
        for thing in news:
            if thing in self._owners:
                raise PluginError(
                    name, f"the {thing} of {name} is announced by {self._owners[thing]} already."
                )
        self.formats |= formats
        self.pbx_types |= pbx_types
        self._owners |= dict.fromkeys(news, name)

    def _ask_formats(self, plugin: str) -> dict[str, ClientFormat]:
        if not self.implements(plugin, "client_formats"):
            return {}
        self._call(plugin, "render")
        call = self._call(plugin, "client_formats")
        answer = self._calls.ask(attrs.evolve(call, function=lambda: tuple(call())))
        for each in answer:
            expect(call, each, ClientFormat)
        formats = {each.name: each for each in answer}
        if len(formats) < len(answer):
            raise PluginError(plugin, "client_formats answered two formats of one name.")
        return formats

    def _ask_pbx_type(self, plugin: str) -> dict[str, PbxType]:
        if not self.implements(plugin, "pbx_type"):
            return {}
        call = self._call(plugin, "pbx_type")
        answer = self._calls.ask(call)
        expect(call, answer, PbxType)
        return {answer.name: answer}

    def _call(self, plugin: str, hook: str) -> Call:
        hooks = self._hooks.get(plugin)
        if hooks is None:
            raise self._absent(plugin)
        if plugin in self.hanging:
            raise PluginError(plugin, f"{self.hanging[plugin]}; it is not called again.")
        if hook not in hooks:
            raise PluginError(plugin, f"it does not implement {hook}.")
        return hooks[hook]

    def _absent(self, plugin: str) -> OffhookError:
        if plugin in self.broken:
            return PluginError(plugin, self.broken[plugin])
        if plugin in self.disabled:
            return SettingsError(
                f"Plugin {plugin} is disabled.", hint="Take it out of disabled_plugins."
            )
        return UnknownName("plugin", plugin, self.names())
