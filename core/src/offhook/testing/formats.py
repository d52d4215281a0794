"""What every plugin that renders configurations must keep."""

import builtins
import io
from collections.abc import Iterator, Sequence
from typing import ClassVar

import pytest

from offhook.api import ClientRequest, ConfigDocument, InvalidInput
from offhook.doors import Plugins
from offhook.testing.hooks import needs
from offhook.testing.samples import (
    DEVICE_TOKEN,
    HOSTILE_TEXTS,
    IMPOSSIBLE_TEXTS,
    LINE_BREAKS,
    Seen,
    sample_account,
    sample_device,
    sample_document,
)

TELLING_WORDS = ("expired", "spent", "locked", "revoked", "unknown", "pin", "used")


class FormatContract:
    """The part of the contract about links, refusals and documents."""

    cannot_carry: ClassVar[Sequence[str]] = ()
    most_accounts: ClassVar[int | None] = None

    def read_accounts(self, format_name: str, body: bytes) -> Sequence[Seen]:
        """Return the accounts in *body*, as the client of that format reads them."""
        raise NotImplementedError(f"Say how a client reads the accounts of {format_name}.")

    def shown(self, name: str) -> str:
        """Return the display name that a client shows for *name*, where it has to differ."""
        return name

    def signing_in(self, format_name: str, token: str) -> ClientRequest | None:
        """Return what a client asks with every time that can be told no address for refreshes."""
        return None

    # client_formats

    @needs("client_formats")
    def test_its_deep_links_carry_the_token(self, plugins: Plugins) -> None:
        for each in plugins.formats.values():
            link = each.deep_link("https://phones.example.org/c/7K3QZ-9XWVB-AAAAA-BBBBB")
            assert "7K3QZ-9XWVB-AAAAA-BBBBB" in link

    @needs("client_formats")
    def test_who_is_sent_elsewhere_is_told_the_address(self, plugins: Plugins) -> None:
        link = "https://phones.example.org/c/7K3QZ-9XWVB-AAAAA-BBBBB"
        for each in plugins.formats.values():
            assert each.next_document or not each.follows
            if each.next_document:
                assert link.encode() in each.next_document(link)

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
            expected = [
                Seen("2001", "one-of-2001", self.shown("Ana Ruiz")),
                Seen("gw-2001", "other-of-2001", self.shown("Ana Ruiz")),
            ]
            assert list(self.read_accounts(name, body)) == expected[: self.most_accounts]

    @needs("render")
    def test_what_takes_an_account_away_is_none(self, plugins: Plugins) -> None:
        document = sample_document(sample_account(password="the-one-that-is-left"))
        for name in plugins.formats:
            body = plugins.render(name, document, sample_device(accounts_before=3)).body
            seen = self.read_accounts(name, body)
            assert [each.password for each in seen] == ["the-one-that-is-left"]

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
        """Or it shows a device id beside the token, every time: those two find it again."""
        for name, body in self._bodies(plugins, sample_document()):
            request = self.signing_in(name, "7K3QZ-9XWVB-AAAAA-BBBBB")
            if request:
                sign = plugins.formats[name].identify(request)
                assert sign
                assert sign.token == "7K3QZ-9XWVB-AAAAA-BBBBB"
                assert sign.device_id
            else:
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
            assert seen.display_name.split() == self.shown(text).split()

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
