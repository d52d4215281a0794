"""Encryption of single values with the keys of the key file (Fernet, rotated by MultiFernet)."""

import os
import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from offhook.errors import SettingsError
from offhook.model.secrets import Secret

NEW = b"+"


def create_key_file(path: Path) -> None:
    """Make a key file with one new key, readable by its owner only; an existing one is kept."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")


def read_keys(path: Path) -> list[bytes]:
    """
    Return the keys of the file, the primary one first.

    Raises `SettingsError` when it is missing, readable by others, or no key file.
    """
    return [line.removeprefix(NEW) for line in read_lines(path)]


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of the file: keys, each with `NEW` before it while it is only known."""
    try:
        mode = path.stat().st_mode
        lines = path.read_bytes().split()
    except FileNotFoundError:
        raise SettingsError(
            f"There is no key file {path}.",
            hint="Restore it from your backup: without it the encrypted values cannot be read. "
            "A new data folder gets one with: offhook init",
        ) from None
    except OSError as error:
        raise SettingsError(f"The key file {path} cannot be read: {error.strerror}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"The key file {path} can be read by others (mode {stat.S_IMODE(mode):04o}).",
            hint=f"Run: chmod 600 {path}",
        )
    if not lines or not all(_is_key(line.removeprefix(NEW)) for line in lines):
        raise SettingsError(
            f"{path} is not a key file: every line must hold one key of 44 characters.",
            hint="Restore it from your backup, or name the right file in the settings (keys).",
        )
    return lines


def _is_key(line: bytes) -> bool:
    try:
        Fernet(line)
    except ValueError:
        return False
    return True


def write_keys(path: Path, lines: list[bytes]) -> None:
    """Replace the lines of the key file in one step."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Cipher:
    """Seals and opens values; follows the key file when it changes on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._load()

    def seal(self, secret: Secret | None) -> str | None:
        """Return *secret* encrypted with the primary key; nothing for nothing."""
        if not secret:
            return None
        if self._changed():
            self._load()
        return self._fernet.encrypt(secret.reveal().encode()).decode()

    def open(self, sealed: str | None) -> Secret | None:
        """Return what `seal` was given; raises `SettingsError` when no key of the file opens it."""
        if sealed is None:
            return None
        try:
            return Secret(self._decrypt(sealed))
        except InvalidToken:
            raise SettingsError(
                f"A value in the database cannot be opened with the keys in {self._path}.",
                hint="The key file belongs to another database, or a key was removed from it. "
                "Restore the key file that was used when the value was written.",
            ) from None

    def renew(self, sealed: str) -> str:
        """Return the same value sealed with the primary key."""
        return self._fernet.rotate(sealed).decode()

    def _decrypt(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            self._load()
            return self._fernet.decrypt(sealed).decode()

    def _changed(self) -> bool:
        return self._stamp != _stamp(self._path)

    def _load(self) -> None:
        self._stamp = _stamp(self._path)
        self._fernet = MultiFernet([Fernet(key) for key in read_keys(self._path)])


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_ino)
