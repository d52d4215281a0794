"""What every plugin must keep, as tests to inherit: a new plugin gets them for three lines."""

import builtins
import io
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from typing import Any, ClassVar, TypeVar

import pytest

from offhook.api import (
    CODECS,
    ClientRequest,
    ConfigDocument,
    Connection,
    Finding,
    Handover,
    InvalidInput,
    OffhookError,
    RemoteError,
    Secret,
    Settings,
    WantedCredentials,
    describe,
)
from offhook.doors import Plugins
from offhook.testing.samples import (
    DEVICE_TOKEN,
    HOSTILE_TEXTS,
    IMPOSSIBLE_TEXTS,
    LINE_BREAKS,
    Seen,
    sample_account,
    sample_device,
    sample_document,
    sample_message,
)

Test = TypeVar("Test", bound=Callable[..., None])
SECRET_WORDS = frozenset({"password", "passphrase", "secret", "token", "pin"})
TELLING_WORDS = ("expired", "spent", "locked", "revoked", "unknown", "pin", "used")


def needs(hook: str) -> Callable[[Test], Test]:
    """Mark a test of the contract as one for plugins that implement *hook*."""

    def mark(test: Test) -> Test:
        test.hook = hook  # type: ignore[attr-defined]
        return test

    return mark


class PluginContract:
    """
    Inherit this, name the module, and give the options of a connection where it has any.

    The options of a plugin that lists users name a source that is not there. A plugin that renders
    says how its client reads the accounts out of a configuration (`read_accounts`), with that
    client's parser or the nearest to it. ``cannot_carry`` names the samples (keys of
    ``HOSTILE_TEXTS``) that its formats have no way to write; it must then refuse them with
    `InvalidInput`.
    """

    plugin: ClassVar[Any]
    options: ClassVar[Any] = None
    cannot_carry: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls) -> None:
        # What a plugin does not do is not tested, and not reported as skipped either.
        for name, test in vars(PluginContract).items():
            hook = getattr(test, "hook", None)
            if hook and not hasattr(cls.plugin, hook):
                setattr(cls, name, None)

    @classmethod
    def name(cls) -> str:
        """Return the name that the plugin must be installed under: that of its folder."""
        module: str = cls.plugin.__name__
        return module.rpartition(".")[2].removeprefix("offhook_")

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        """Return the accounts in *body*, as the client of that format reads them."""
        raise NotImplementedError(f"Say how a client reads the accounts of {format_name}.")

    # The plugin as a whole

    def test_the_door_accepts_it(self, plugins: Plugins) -> None:
        assert plugins.broken == {}
        assert plugins.names() == (self.name(),)

    def test_it_is_installed_under_the_name_of_its_folder(self) -> None:
        entries = entry_points(group="offhook", name=self.name())
        assert [entry.value for entry in entries] == [self.plugin.__name__]

    # options_class

    def shown(self, name: str) -> str:
        """Return the display name that a client shows for *name*, where it has to differ."""
        return name

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

    # client_formats

    @needs("client_formats")
    def test_its_deep_links_carry_the_token(self, plugins: Plugins) -> None:
        for each in plugins.formats.values():
            link = each.deep_link("https://phones.example.org/c/7K3QZ-9XWVB-AAAAA-BBBBB")
            assert "7K3QZ-9XWVB-AAAAA-BBBBB" in link

    @needs("client_formats")
    def test_a_refusal_does_not_tell_the_reason(self, plugins: Plugins) -> None:
        for each in plugins.formats.values():
            words = each.refusal.body.decode().lower().split()
            assert [word for word in words if word.strip(".,;:!<>") in TELLING_WORDS] == []

    @needs("client_formats")
    def test_a_request_that_shows_nothing_is_nobody(self, plugins: Plugins) -> None:
        for each in plugins.formats.values():
            assert each.identify(ClientRequest(fields={}, headers={})) is None

    # render

    @needs("render")
    def test_every_account_is_rendered(self, plugins: Plugins) -> None:
        accounts = (
            sample_account("pbx", username="2001", password="one-of-2001"),
            sample_account("gateway", username="gw-2001", password="other-of-2001"),
        )
        for name, body in self._bodies(plugins, sample_document(*accounts)):
            assert list(self.read_accounts(name, body)) == [
                Seen("2001", "one-of-2001", "Ana Ruiz"),
                Seen("gw-2001", "other-of-2001", "Ana Ruiz"),
            ]

    @needs("render")
    def test_the_same_document_gives_the_same_bytes(
        self, plugins: Plugins, document: ConfigDocument
    ) -> None:
        first = dict(self._bodies(plugins, document))
        assert dict(self._bodies(plugins, document)) == first
        assert document == sample_document()

    @needs("render")
    def test_rendering_asks_neither_network_nor_files(
        self, plugins: Plugins, dead_network: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[object] = []
        with monkeypatch.context() as patched:
            for module in (builtins, io):
                patched.setattr(module, "open", lambda file, *_, **__: opened.append(file))
            list(self._bodies(plugins, sample_document()))
        assert (dead_network, opened) == ([], [])

    @needs("render")
    def test_the_client_learns_where_to_ask_again(self, plugins: Plugins) -> None:
        for _, body in self._bodies(plugins, sample_document()):
            assert DEVICE_TOKEN.encode() in body

    @needs("render")
    def test_what_is_lost_are_settings_of_the_document(
        self, plugins: Plugins, document: ConfigDocument
    ) -> None:
        for name, client_format in plugins.formats.items():
            rendered = plugins.render(name, document, sample_device())
            assert rendered.content_type == client_format.content_type
            assert {lost.setting for lost in rendered.lost} <= set(document.settings)
            assert all(lost.reason for lost in rendered.lost)

    @needs("render")
    @pytest.mark.parametrize("sample", HOSTILE_TEXTS)
    def test_awkward_names_and_passwords_survive(self, plugins: Plugins, sample: str) -> None:
        text = HOSTILE_TEXTS[sample]
        document = _document_with(text)
        if sample in self.cannot_carry:
            self._assert_refused(plugins, document)
            return
        for name, body in self._bodies(plugins, document):
            assert list(self.read_accounts(name, body)) == [Seen("2001", text, self.shown(text))]

    @needs("render")
    @pytest.mark.parametrize("sample", LINE_BREAKS)
    def test_line_breaks_survive_or_are_refused(self, plugins: Plugins, sample: str) -> None:
        """In a name they may become a space; a password is never changed."""
        text = LINE_BREAKS[sample]
        for name in plugins.formats:
            try:
                body = plugins.render(name, _document_with(text), sample_device()).body
            except InvalidInput:
                continue
            (seen,) = self.read_accounts(name, body)
            assert seen.password == text
            assert seen.display_name.split() == text.split()

    @needs("render")
    @pytest.mark.parametrize("sample", IMPOSSIBLE_TEXTS)
    def test_what_no_text_can_hold_is_refused(self, plugins: Plugins, sample: str) -> None:
        self._assert_refused(plugins, _document_with(IMPOSSIBLE_TEXTS[sample]))

    def _bodies(self, plugins: Plugins, document: ConfigDocument) -> Iterator[tuple[str, bytes]]:
        assert plugins.formats
        for name in plugins.formats:
            yield name, plugins.render(name, document, sample_device()).body

    def _assert_refused(self, plugins: Plugins, document: ConfigDocument) -> None:
        for name in plugins.formats:
            with pytest.raises(InvalidInput) as caught:
                plugins.render(name, document, sample_device())
            assert document.accounts[0].credentials.password.reveal() not in str(caught.value)


def _document_with(text: str) -> ConfigDocument:
    account = sample_account(password=text, display_name=text)
    return sample_document(account, display_name=text)
