"""Values are sealed with the keys of the key file; a wrong, lost or open file is told clearly."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from offhook.errors import SettingsError
from offhook.model.secrets import Secret
from offhook.store import rotation
from offhook.store.encryption import Cipher, create_key_file, read_keys
from offhook.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new key file."""
    create_key_file(tmp_path / "keys")
    return tmp_path / "keys"


def test_a_sealed_value_opens_and_does_not_show(path: Path) -> None:
    cipher = Cipher(path)

    sealed = cipher.seal(Secret("pässword"))

    assert sealed
    assert "pässword" not in sealed
    assert cipher.open(sealed) == Secret("pässword")
    assert cipher.seal(None) is None


def test_a_new_key_file_is_for_its_owner_only(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_existing_key_file_is_kept(path: Path) -> None:
    before = path.read_bytes()
    create_key_file(path)

    assert path.read_bytes() == before


def test_a_key_file_that_others_can_read_is_refused(path: Path) -> None:
    path.chmod(0o640)

    with pytest.raises(SettingsError, match="read by others") as caught:
        Cipher(path)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x00\xff", b"short=\n"])
def test_what_is_no_key_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(SettingsError, match="not a key file"):
        Cipher(path)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no key file"):
        Cipher(tmp_path / "keys")


def test_another_key_file_is_noticed_when_the_database_is_opened(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    create_key_file(tmp_path / "other")

    with pytest.raises(SettingsError, match="cannot be opened with the keys"):
        Store.open(database_url, Cipher(tmp_path / "other"))


def test_a_running_process_learns_a_new_key_when_it_meets_it(path: Path) -> None:
    running = Cipher(path)
    rotation.promote_key(path)

    sealed = Cipher(path).seal(Secret("new"))

    assert running.open(sealed) == Secret("new")


def test_a_running_process_seals_with_the_new_key(path: Path) -> None:
    running = Cipher(path)
    rotation.promote_key(path)

    sealed = running.seal(Secret("x"))

    assert sealed
    assert Fernet(read_keys(path)[0]).decrypt(sealed) == b"x"


def test_an_added_key_is_known_before_it_is_used(path: Path) -> None:
    old = read_keys(path)
    rotation.add_key(path)

    assert read_keys(path)[:1] == old
    assert len(read_keys(path)) == 2

    rotation.promote_key(path)

    assert read_keys(path)[1:] == old


def test_rotating_twice_never_brings_an_old_key_back(path: Path) -> None:
    first = read_keys(path)[0]
    rotation.promote_key(path)
    second = read_keys(path)[0]
    rotation.promote_key(path)

    assert len({first, second, read_keys(path)[0]}) == 3


def test_every_value_is_sealed_anew_and_the_old_key_can_go(store: Store, make_user, path) -> None:
    user = make_user(pin=Secret("4711"), pbx_password=Secret("p"))
    rotation.promote_key(path)

    done = rotation.reseal(store)
    dropped = rotation.drop_old_keys(path)

    assert done == 3  # the PIN, the password and the check value
    assert dropped == 1
    with store.read() as tx:
        (found,) = tx.users.get([user.id])
    assert (found.pin, found.pbx_password) == (Secret("4711"), Secret("p"))


def test_a_batch_boundary_loses_nothing(
    store: Store, make_user, path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    for number in range(7):
        make_user(str(number))
    rotation.promote_key(path)

    assert rotation.reseal(store) == 8
    rotation.drop_old_keys(path)
    with store.read() as tx:
        users = tx.users.get([f"user-{number}" for number in range(7)])
    assert [user.pbx_password for user in users] == [Secret("s3cret")] * 7
