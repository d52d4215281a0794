"""Third-party parsers that only some plugins need: imported when used, named when missing."""

from importlib import import_module
from typing import Any

from offhook.errors import SettingsError


def need(module: str, extra: str) -> Any:
    """Return *module*; raises `SettingsError` saying which *extra* of offhook brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise SettingsError(
            f"{module.partition('.')[0]} is not installed, or cannot be imported: {error}.",
            hint=f'Install it with the extra "{extra}" of offhook: offhook[{extra}].',
        ) from error
