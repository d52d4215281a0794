"""The typed facade: one method per hook, asked of the one plugin that core names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import attrs

from offhook.doors.answers import each_of, expect, rendered
from offhook.doors.calling import each_outcome
from offhook.doors.registry import Registry
from offhook.errors import OffhookError, PluginError
from offhook.model.authorizations import Authorization, AuthorizationStep
from offhook.model.connections import Connection
from offhook.model.deployments import Handover, Message, Outcome, Receipt
from offhook.model.described import describe as describe_options
from offhook.model.documents import ConfigDocument, DeviceLink, RenderedConfig
from offhook.model.facts import Fact
from offhook.model.findings import Finding
from offhook.model.probes import Probe
from offhook.model.redirects import OutsideView, Route
from offhook.model.settings import Settings
from offhook.model.sources import (
    AskedCredentials,
    FoundCredentials,
    Skipped,
    SourceUser,
    WantedCredentials,
)

_OUTCOMES = frozenset(get_args(Outcome))


class Plugins(Registry):
    """
    The hooks of the plugins that there are.

    Each raises `PluginError`, naming plugin and hook, when the plugin lacks it, lets an exception
    escape, answers nothing or the wrong thing, or takes too long.
    """

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

    def open_route(
        self, connection: Connection[Any], host: str, port: int, client_format: str
    ) -> Route:
        """Ask the plugin of *connection* for the address at which links to a host begin."""
        call = self._call(connection.plugin, "open_route")
        place = {"host": host, "port": port, "client_format": client_format}
        answer: Route = self._calls.ask(call, connection=connection, **place)
        expect(call, answer, Route)
        return answer

    def probe(self, connection: Connection[Any], host: str, probes: Sequence[Probe]) -> OutsideView:
        """Have the plugin of *connection* look from outside at what a host is to answer."""
        call = self._call(connection.plugin, "probe")
        answer: OutsideView
        answer = self._calls.ask(call, connection=connection, host=host, probes=probes)
        expect(call, answer, OutsideView)
        if answer.outcomes and len(answer.outcomes) != len(probes):
            raise PluginError(call.plugin, "probe answered more or fewer outcomes than probes.")
        return answer

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
