"""A program that is not installed never passes unnoticed."""

import pytest

from tests.lab.programs import need


def test_a_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-phone is not installed"):
        need("no-such-phone")


def test_a_missing_program_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("tests.lab.programs._search_path", lambda: "/nowhere")
    with pytest.raises(pytest.skip.Exception, match="apt-get install linphone-cli"):
        need("linphone-daemon")
