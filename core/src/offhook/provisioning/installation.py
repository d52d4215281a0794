"""Makes an installation: data folder, settings, keys, tables, the default profile."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from offhook import settings as process_settings
from offhook.doors import Plugins
from offhook.errors import OffhookError, SettingsError
from offhook.model.profiles import Profile
from offhook.provisioning import profiles
from offhook.settings import ProcessSettings
from offhook.store.encryption import create_key_file
from offhook.store.store import Store

INSTALLATION = "installation"
_PREFERRED_FORMAT = "linphone"


@contextmanager
def made_folder(home: Path, values: Mapping[str, str]) -> Iterator[None]:
    """
    Make the data folder, for its owner only, with a settings file that holds *values*.

    An existing settings file is kept; then *values* must be empty. When the block finds that the
    settings cannot be used, a new file is taken away again.
    """
    path = home / process_settings.FILE
    is_new = not path.exists()
    _make_folder(home, path, values)
    try:
        yield
    except OffhookError:
        if is_new:
            path.unlink()
            with suppress(OSError):
                home.rmdir()
        raise


def check_there(settings: ProcessSettings) -> None:
    """Raise `SettingsError` where there is no installation yet."""
    if not settings.key_path.exists() and not (settings.home / process_settings.FILE).exists():
        raise SettingsError(
            f"There is no installation in {settings.home}.",
            hint="Make one with offhook init, or name the folder that holds it in OFFHOOK_HOME.",
        )


def _make_folder(home: Path, path: Path, values: Mapping[str, str]) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            process_settings.write_file(path, values)
        elif values:
            raise SettingsError(
                f"There is already a settings file {path}.",
                hint=f"Edit it ({', '.join(values)}), or choose another folder in OFFHOOK_HOME.",
            )
    except OSError as error:
        raise SettingsError(
            f"The data folder {home} cannot be made: {error.strerror}.",
            hint="Choose another one in OFFHOOK_HOME, or give this user the right to make it.",
        ) from error


def make_keys(settings: ProcessSettings, *, database_is_new: bool) -> None:
    """Make the key file of a new database; one that is lost is never replaced in silence."""
    if database_is_new or settings.key_path.exists():
        create_key_file(settings.key_path)
        return
    raise SettingsError(
        f"The database is there, but its key file {settings.key_path} is gone.",
        hint="Restore the key file from your backup: a new one could not read the passwords.",
    )


def furnish(store: Store, plugins: Plugins, *, actor: str, now: datetime) -> bool:
    """Store the installation's id and the default profile; tells whether they were new."""
    with store.write() as tx:
        if tx.values.get(INSTALLATION):
            return False
        tx.values.set(INSTALLATION, secrets.token_hex(4))
        preferred = _PREFERRED_FORMAT in plugins.formats
        settings = {"client_format": _PREFERRED_FORMAT} if preferred else {}
        tx.profiles.add(Profile(id=secrets.token_hex(8), name=profiles.DEFAULT, settings=settings))
        tx.audit.add(now, actor, "installation made", profiles.DEFAULT)
    return True
