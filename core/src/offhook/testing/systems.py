"""What every plugin that speaks to a system must keep."""

from typing import Any, ClassVar

import pytest

from offhook.api import (
    CODECS,
    AskedCredentials,
    Begin,
    Connection,
    Finding,
    Handover,
    InvalidInput,
    OffhookError,
    Probe,
    RemoteError,
    Secret,
    Settings,
    WantedCredentials,
    describe,
)
from offhook.doors import Plugins
from offhook.testing.hooks import needs
from offhook.testing.samples import sample_message

SECRET_WORDS = frozenset({"password", "passphrase", "secret", "token", "pin"})
_TELEWORKER = Settings(use_teleworker="on", gateway_host="gateway.example.org")


class SystemContract:
    """The part of the contract about options, users, credentials, mails and findings."""

    plugin: ClassVar[Any]
    options: ClassVar[Any] = None

    @classmethod
    def name(cls) -> str:
        """Return the name that the plugin must be installed under: that of its folder."""
        module: str = cls.plugin.__name__
        return module.rpartition(".")[2].removeprefix("offhook_")

    @needs("options_class")
    def test_every_option_has_a_help_line(self, plugins: Plugins) -> None:
        options = describe(plugins.options_class(self.name()))
        assert [name for name, each in options.items() if not each.help.strip()] == []

    @needs("options_class")
    def test_options_that_sound_secret_are_secrets(self, plugins: Plugins) -> None:
        options = describe(plugins.options_class(self.name()))
        sounding = [name for name in options if SECRET_WORDS & set(name.split("_"))]
        assert [name for name in sounding if not options[name].secret] == []

    @needs("options_class")
    def test_the_options_of_the_test_are_of_its_class(self, plugins: Plugins) -> None:
        assert type(self.options) is plugins.options_class(self.name())

    # diagnose

    @needs("diagnose")
    def test_diagnose_reports_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        findings = list(plugins.diagnose(connection))
        assert all(isinstance(finding, Finding) for finding in findings)
        assert "failure" in [finding.level for finding in findings]
        assert [finding for finding in findings if not (finding.code and finding.summary)] == []

    # send

    @needs("send")
    def test_send_hands_nothing_over_to_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        seen: list[object] = []
        with pytest.raises(OffhookError) as caught:
            seen.extend(plugins.send(connection, [sample_message()]))
        assert type(caught.value).__name__ in {"Unreachable", "Refused", "BadAnswer"}
        assert [each for each in seen if isinstance(each, Handover)] == []

    # pbx_type

    @needs("pbx_type")
    def test_its_pbx_type_speaks_of_known_settings_and_codecs(self, plugins: Plugins) -> None:
        (pbx_type,) = plugins.pbx_types.values()
        assert pbx_type.label
        assert set(pbx_type.codecs) <= set(CODECS)
        assert set(pbx_type.defaults) <= set(describe(Settings))
        sets = plugins.implements(self.name(), "set_credentials")
        assert ("set" in pbx_type.credentials) == sets

    # assumptions

    @needs("assumptions")
    def test_what_it_takes_for_granted_can_be_overridden(self, plugins: Plugins) -> None:
        facts = plugins.assumptions(self.name())
        assert [name for name, fact in facts.items() if not fact.values] == []
        option = describe(plugins.options_class(self.name()))["facts"]
        assert option.parse(f"{next(iter(facts))}=other")
        with pytest.raises(ValueError, match=r"no\.such"):
            option.parse("no.such=fact")

    # list_users

    @needs("list_users")
    def test_a_source_that_is_not_there_gives_an_error_and_no_users(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        seen: list[object] = []
        with pytest.raises((RemoteError, InvalidInput)):
            seen.extend(plugins.list_users(connection))
        assert seen == []

    # set_credentials

    @needs("set_credentials")
    def test_nothing_is_set_over_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        wanted = WantedCredentials(
            key="k", number="2001", username="2001", password=Secret("s3cret-of-2001")
        )
        with pytest.raises(RemoteError) as caught:
            plugins.set_credentials(connection, [wanted])
        assert "s3cret" not in str(caught.value)

    # profile_defaults

    @needs("profile_defaults")
    def test_what_it_wants_of_profiles_are_settings_asked_of_nobody(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        wanted = plugins.profile_defaults(connection)
        settings = describe(Settings)
        assert set(wanted) <= set(settings)
        for name, text in wanted.items():
            settings[name].parse(text)
        assert dead_network == []

    # check_settings

    @needs("check_settings")
    def test_settings_are_examined_without_a_network_too(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        findings = list(plugins.check_settings(connection, _TELEWORKER))
        assert [each for each in findings if not (each.code and each.summary)] == []

    # fetch_credentials

    @needs("fetch_credentials")
    def test_nothing_is_read_over_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        with pytest.raises(RemoteError):
            plugins.fetch_credentials(connection, [AskedCredentials(key="k", number="2001")])

    # authorize

    @needs("authorize")
    def test_nobody_lets_us_in_over_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        with pytest.raises(RemoteError):
            plugins.authorize(connection, Begin())

    # open_route

    @needs("open_route")
    def test_no_route_is_opened_over_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        with pytest.raises(RemoteError):
            plugins.open_route(connection, "phones.example.org", 443, "offhook")

    # probe

    @needs("probe")
    def test_nothing_is_seen_from_outside_over_a_dead_network(
        self, plugins: Plugins, connection: Connection[Any], dead_network: list[str]
    ) -> None:
        probe = Probe(scheme="https", host="phones.example.org", port=443)
        with pytest.raises(RemoteError):
            plugins.probe(connection, probe.host, [probe])
