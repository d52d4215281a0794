"""A redirect service as a transport: the mails go out there, and clients find us through it."""

from offhook.api import hookimpl
from offhook_redirect.options import Options

__all__ = ["Options", "options_class"]


@hookimpl
def options_class() -> type[Options]:
    """Where the redirect service is."""
    return Options
