"""The typed facade: one method per hook, asked of the one plugin that core names."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, get_args

import attrs

from offhook.doors.answers import each_of, expect, rendered
from offhook.doors.calling import Call, Calls, Limits, each_outcome
from offhook.doors.loading import Found, PluginDescription, bind, describe, find
from offhook.errors import OffhookError, PluginError, SettingsError, UnknownName
from offhook.model.authorizations import Authorization, AuthorizationStep
from offhook.model.connections import Connection
from offhook.model.deployments import Handover, Message, Outcome, Receipt
from offhook.model.described import describe as describe_options
from offhook.model.documents import ClientFormat, ConfigDocument, DeviceLink, RenderedConfig
from offhook.model.facts import Fact
from offhook.model.findings import Finding
from offhook.model.profiles import PbxType
from offhook.model.settings import Settings
from offhook.model.sources import (
    AskedCredentials,
    FoundCredentials,
    Skipped,
    SourceUser,
    WantedCredentials,
)

LIMITS = Limits()
_OUTCOMES = frozenset(get_args(Outcome))


class Plugins:
    """
    Plugins by name.

    ``broken`` says of each that cannot be used why, ``disabled`` names those not even imported.
    ``formats`` and ``pbx_types`` hold what the others announce; a plugin that announces a name
    which another one, earlier by name, has announced already is broken as a whole.

    Every hook raises `PluginError`, naming plugin and hook, when the plugin lacks it, lets an
    exception escape, answers nothing or the wrong thing, or takes too long; the last makes the
    plugin ``hanging``: it is not called again in this process.
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
    def installed(cls, disabled: Collection[str] = (), *, limits: Limits = LIMITS) -> "Plugins":
        """Load what is installed in the entry point group ``offhook``, except *disabled*."""
        found = find(disabled)
        return cls(found.plugins, limits=limits, found=found)

    # What is there

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

    # The hooks

    def options_class(self, plugin: str) -> type:
        """Ask *plugin* for the attrs class of its connections' options."""
        call = self._call(plugin, "options_class")
        answer: type = self._calls.ask(call)
        expect(call, answer, type)
        try:
            describe_options(answer)
        except Exception as error:
            raise PluginError(
                plugin, "options_class answered what is no attrs class with described fields."
            ) from error
        return answer

    def assumptions(self, plugin: str) -> Mapping[str, Fact]:
        """Ask *plugin* what it takes for granted, by name; nothing where it does not say."""
        if not self.implements(plugin, "assumptions"):
            return {}
        call = self._call(plugin, "assumptions")
        answer: Mapping[str, Fact] = self._calls.ask(call)
        expect(call, answer, Mapping)
        for each in answer.values():
            expect(call, each, Fact)
        return answer

    def profile_defaults(self, connection: Connection[Any]) -> Mapping[str, str]:
        """Ask the plugin of *connection* which profile settings its clients should use."""
        call = self._call(connection.plugin, "profile_defaults")
        answer: Mapping[str, str] = self._calls.ask(call, connection=connection)
        expect(call, answer, Mapping)
        return answer

    def check_settings(self, connection: Connection[Any], settings: Settings) -> Iterator[Finding]:
        """Ask the plugin of *connection* what in *settings* does not fit its system."""
        call = self._call(connection.plugin, "check_settings")
        findings = self._calls.stream(call, connection=connection, settings=settings)
        return each_of(findings, lambda finding: expect(call, finding, Finding))

    def list_users(self, connection: Connection[Any]) -> Iterator[SourceUser | Skipped]:
        """Ask the plugin of *connection* for its users; they come as they are read."""
        call = self._call(connection.plugin, "list_users")
        found = self._calls.stream(call, connection=connection)
        return each_of(found, lambda item: expect(call, item, SourceUser, Skipped))

    def authorize(self, connection: Connection[Any], step: AuthorizationStep) -> Authorization:
        """Have the plugin of *connection* take a step towards being let in."""
        call = self._call(connection.plugin, "authorize")
        answer: Authorization = self._calls.ask(call, connection=connection, step=step)
        expect(call, answer, Authorization)
        return answer

    def fetch_credentials(
        self, connection: Connection[Any], asked: Sequence[AskedCredentials]
    ) -> Mapping[str, FoundCredentials | str]:
        """Ask the plugin of *connection* what users register with, or why there is nothing."""
        call = self._call(connection.plugin, "fetch_credentials")
        answer: Mapping[str, FoundCredentials | str]
        answer = self._calls.ask(call, connection=connection, asked=asked)
        expect(call, answer, Mapping)
        return answer

    def registrations(
        self, connection: Connection[Any], asked: Sequence[AskedCredentials]
    ) -> Mapping[str, bool]:
        """Ask the plugin of *connection* whose clients are registered; some it may not know."""
        call = self._call(connection.plugin, "registrations")
        answer: Mapping[str, bool] = self._calls.ask(call, connection=connection, asked=asked)
        expect(call, answer, Mapping)
        return answer

    def set_credentials(
        self, connection: Connection[Any], wanted: Sequence[WantedCredentials]
    ) -> Mapping[str, str]:
        """Have the plugin of *connection* set passwords; returns by key why one could not be."""
        call = self._call(connection.plugin, "set_credentials")
        answer: Mapping[str, str] = self._calls.ask(call, connection=connection, wanted=wanted)
        expect(call, answer, Mapping)
        return answer

    def diagnose(self, connection: Connection[Any]) -> Iterator[Finding]:
        """Ask the plugin of *connection* what it can tell; findings come as they are made."""
        call = self._call(connection.plugin, "diagnose")
        findings = self._calls.stream(call, connection=connection)
        return each_of(findings, lambda finding: expect(call, finding, Finding))

    def send(
        self, connection: Connection[Any], messages: Sequence[Message]
    ) -> Iterator[Handover | Receipt]:
        """
        Have the plugin of *connection* send *messages*, one step for each item that is asked for.

        Close the iterator to end early: the plugin may clean up, within the limit of a step.
        """
        call = self._call(connection.plugin, "send")
        keys = {message.key for message in messages}

        def check(item: Any) -> None:
            expect(call, item, Handover, Receipt)
            if item.key not in keys:
                raise PluginError(call.plugin, f"send spoke of {item.key!r}, not in its messages.")
            if isinstance(item, Receipt) and item.outcome not in _OUTCOMES:
                raise PluginError(call.plugin, f"send answered the outcome {item.outcome!r}.")

        return each_of(self._calls.step(call, connection=connection, messages=messages), check)

    def render(
        self, format_name: str, document: ConfigDocument, device: DeviceLink
    ) -> RenderedConfig:
        """Ask for *document* in the client format *format_name*, for one *device*."""
        (answer,) = self.render_all(format_name, [(document, device)])
        if isinstance(answer, OffhookError):
            raise answer
        return answer

    def render_all(
        self, format_name: str, wanted: Sequence[tuple[ConfigDocument, DeviceLink]]
    ) -> list[RenderedConfig | OffhookError]:
        """
        Ask for many in one call; each is answered with its configuration or its own error.

        The limit is for each of them; past it the whole call fails.
        """
        call = self._call(self.plugin_of_format(format_name), "render")
        client_format = self.formats[format_name]
        many = [
            {"client_format": client_format, "document": document, "device": device}
            for document, device in wanted
        ]
        outcomes = self._calls.stream(attrs.evolve(call, function=lambda: each_outcome(call, many)))
        return [rendered(call, answer, error) for answer, error in outcomes]

    # Inside

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
