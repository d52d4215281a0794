"""Settings come from the file and from variables; what cannot be used is named with its source."""

from pathlib import Path

import pytest

from offhook import settings
from offhook.errors import SettingsError


def load(home: Path, **variables: str) -> settings.ProcessSettings:
    """Load the settings of a data folder."""
    return settings.load({"OFFHOOK_HOME": str(home), **variables})


def test_everything_has_a_default(tmp_path: Path) -> None:
    found = load(tmp_path)

    assert found.database_url == f"sqlite:///{tmp_path}/offhook.sqlite"
    assert found.key_path == tmp_path / "keys"


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "offhook.toml").write_text('public_url = "https://file.test"\nkeys = "/a"\n')

    found = load(tmp_path, OFFHOOK_PUBLIC_URL="https://variable.test")

    assert found.public_url == "https://variable.test"
    assert found.keys == "/a"


def test_the_callback_address_belongs_to_the_portal(tmp_path: Path) -> None:
    assert load(tmp_path).callback_url == "https://localhost:8444/authorized"

    found = load(tmp_path, OFFHOOK_ADMIN_URL="https://portal.example.org/")

    assert found.callback_url == "https://portal.example.org/authorized"


def test_lists_and_numbers_are_read_from_the_file(tmp_path: Path) -> None:
    text = 'disabled_plugins = ["linphone", "email_smtp"]\nworker_heartbeat = 9\n'
    (tmp_path / "offhook.toml").write_text(text)

    found = load(tmp_path)

    assert found.disabled_plugins == ("linphone", "email_smtp")
    assert found.worker_heartbeat == 9


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    settings.write_file(tmp_path / "offhook.toml", {"public_url": "https://a.test:1"})

    assert load(tmp_path) == settings.ProcessSettings(home=tmp_path, public_url="https://a.test:1")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("colour = 1", "colour"),
        ('public_url = "http://a.test"', "public_url"),
        ('admin_url = ""', "admin_url"),
        ('downloads_listen = "8443"', "downloads_listen"),
        ("worker_heartbeat = 0", "worker_heartbeat"),
        ("nonsense", "offhook.toml"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, line: str, named: str) -> None:
    (tmp_path / "offhook.toml").write_text(line)

    with pytest.raises(SettingsError, match=named) as caught:
        load(tmp_path)
    assert "offhook.toml" in str(caught.value)


def test_a_bad_variable_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="OFFHOOK_"):
        load(tmp_path, OFFHOOK_WORKER_HEARTBEAT="soon")
