"""Process settings: ``offhook.toml`` in the data folder and ``OFFHOOK_*`` variables, which win."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen
from platformdirs import user_data_path

from offhook.errors import InvalidInput, Problem, SettingsError
from offhook.model.described import Description, describe, described, read_texts
from offhook.model.rules import between

FILE = "offhook.toml"


def check_url(value: str) -> None:
    """Refuse what is not the address of a server, by TLS and without a path."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
        raise ValueError("use https://HOST or https://HOST:PORT, without a path")


def check_listen(value: str) -> None:
    """Refuse what is not an address with a port."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("use ADDRESS:PORT, for example 127.0.0.1:8443")


@frozen(kw_only=True)
class ProcessSettings:
    """How this process runs: where its data is, where it listens, which plugins it leaves out."""

    home: Path = described(default=Path(), help="The data folder.")
    database: str = described(
        default="", help="Database URL; empty means offhook.sqlite in the data folder."
    )
    keys: str = described(default="", help="The key file; empty means keys in the data folder.")
    public_url: str = described(
        default="https://localhost:8443",
        check=check_url,
        help="What clients and mails call this server: https://HOST[:PORT].",
    )
    admin_url: str = described(
        default="https://localhost:8444",
        check=check_url,
        help="What administrators' browsers call the portal: https://HOST[:PORT].",
    )
    downloads_listen: str = described(
        default="127.0.0.1:8443", check=check_listen, help="Where downloads are served."
    )
    admin_listen: str = described(
        default="127.0.0.1:8444", check=check_listen, help="Where the portal is served."
    )
    certificate: str = described(default="", help="PEM file: server certificate and chain.")
    private_key: str = described(default="", help="PEM file: the certificate's private key.")
    trusted_proxies: tuple[str, ...] = described(
        default=(), help="Addresses of proxies in front whose X-Forwarded-* headers are believed."
    )
    disabled_plugins: tuple[str, ...] = described(
        default=(), help="Installed plugins that are not loaded."
    )
    mails_per_minute: int = described(
        default=0,
        check=between(0, 100_000),
        help="The most that all workers together send, for a strict relay; 0 means no limit.",
    )
    worker_heartbeat: int = described(
        default=5,
        unit="s",
        check=between(1, 300),
        help="How often a worker says that it lives; silent for three beats, its work is resumed.",
    )

    @property
    def database_url(self) -> str:
        """The URL, the default filled in."""
        return self.database or f"sqlite:///{self.home / 'offhook.sqlite'}"

    @property
    def key_path(self) -> Path:
        """The key file, the default filled in."""
        return Path(self.keys) if self.keys else self.home / "keys"

    @property
    def callback_url(self) -> str:
        """Where a gateway sends its approver's browser back to."""
        return f"{self.admin_url.rstrip('/')}/authorized"


def find_home(environ: Mapping[str, str]) -> Path:
    """Return the data folder: ``OFFHOOK_HOME``, else the platform's folder for user data."""
    chosen = environ.get("OFFHOOK_HOME")
    return Path(chosen).expanduser().resolve() if chosen else user_data_path("offhook", False)


def load(environ: Mapping[str, str] = os.environ) -> ProcessSettings:
    """
    Read the settings of the data folder, variables over the file over the defaults.

    Raises `SettingsError` naming the file or variable of every unknown or unusable value.
    """
    home = find_home(environ)
    return ProcessSettings(home=home, **read_all(ProcessSettings, home / FILE, environ))


def read_all(
    kind: type, path: Path, environ: Mapping[str, str], prefix: str = "OFFHOOK_"
) -> dict[str, Any]:
    """
    Return what a settings file and variables say about the fields of *kind*; the latter win.

    A field is set by the variable *prefix* and its name in capitals. Raises as `load` does.
    """
    return _from_file(kind, path) | _from_environment(kind, environ, prefix)


def write_file(path: Path, values: Mapping[str, str]) -> None:
    """
    Write a settings file in which the defaults are comments that explain themselves.

    Raises `SettingsError` for values that cannot be used.
    """
    _read(ProcessSettings, values, "A new settings file")
    lines = ["# Settings of offhook. OFFHOOK_* variables win over this file.", ""]
    for description in _settable(ProcessSettings).values():
        text = _toml(values.get(description.name, description.default))
        mark = "" if description.name in values else "# "
        lines += [f"# {description.help}", f"{mark}{description.name} = {text}", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _settable(kind: type) -> dict[str, Description]:
    return {name: each for name, each in describe(kind).items() if name != "home"}


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, int):
        return str(value).lower()
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _from_file(kind: type, path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path} is no text in UTF-8.", hint="Save it again as UTF-8, or restore your backup."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is not a settings file: {error}.",
            hint='A line is a comment (#) or a setting such as: public_url = "https://HOST"',
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.", hint="Check OFFHOOK_HOME and its rights."
        ) from error
    texts = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in found.items()
    }
    return _read(kind, texts, str(path))


def _from_environment(kind: type, environ: Mapping[str, str], prefix: str) -> dict[str, Any]:
    names = {f"{prefix}{name.upper()}": name for name in _settable(kind)}
    texts = {names[key]: text for key, text in environ.items() if key in names}
    return _read(kind, texts, f"{prefix}* variables")


def _read(kind: type, texts: Mapping[str, str], source: str) -> dict[str, Any]:
    fields = _settable(kind)
    unknown = [Problem(name, "", "unknown setting") for name in texts if name not in fields]
    try:
        known = {name: text for name, text in texts.items() if name in fields}
        values = read_texts(kind, known, what=source)
    except InvalidInput as error:
        raise _unusable(source, [*unknown, *error.problems], fields) from None
    if unknown:
        raise _unusable(source, unknown, fields)
    return values


def _unusable(source: str, problems: list[Problem], known: Iterable[str]) -> SettingsError:
    lines = "".join(f"\n  {problem}" for problem in problems)
    return SettingsError(
        f"{source} cannot be used:{lines}", hint=f"Known settings: {', '.join(known)}."
    )
