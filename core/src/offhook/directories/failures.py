"""Turns what went wrong with a directory into one sentence and what to do about it."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from socket import gaierror
from typing import Any

from offhook.directories.values import Directory
from offhook.errors import BadAnswer, InvalidInput, Refused, RemoteError, Unreachable
from offhook.extras import need
from offhook.tls import explain_tls

_FIX_SECURITY = (
    "Port 636 speaks ldaps, port 389 starttls: set port and security to what the server has."
)
# What a decoder falls over when the other side speaks something else.
_GIBBERISH = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


@contextmanager
def explained(directory: Directory) -> Iterator[None]:
    """Raise what ldap3 and the network raise inside as our errors, in the administrator's words."""
    library = need("ldap3", "ldap").core.exceptions
    try:
        yield
    except library.LDAPInvalidFilterError as error:
        raise InvalidInput(
            f"The LDAP filter cannot be used: {error}.",
            hint="Look for brackets that are not closed.",
        ) from error
    except library.LDAPSessionTerminatedByServerError as error:
        raise _gone(error, directory) from error
    except OSError as error:
        raise _explain(error, directory) from error
    except (library.LDAPException, *_GIBBERISH) as error:
        raise BadAnswer(
            f"What {directory.server} says is not LDAP, or is broken.", hint=_FIX_SECURITY
        ) from error


def no_password(directory: Directory) -> Refused:
    """Say that a login without a password is none."""
    return Refused(
        f"There is no password for the login {directory.bind_dn!r} at {directory.server}.",
        hint="Give the password, or no login at all where the directory shows itself to everybody.",
    )


def no_encryption(directory: Directory, result: Mapping[str, Any]) -> Refused:
    """Say that the server did not agree to StartTLS."""
    return Refused(
        f"{directory.server} offers no encryption by StartTLS ({result['description']}).",
        hint=f"Nothing was sent in clear. {_FIX_SECURITY}",
    )


def _explain(error: OSError, directory: Directory) -> RemoteError:
    return next(tell for kind, tell in _TELLERS if isinstance(error, kind))(error, directory)


def _tls(error: ssl.SSLError, directory: Directory) -> RemoteError:
    return explain_tls(error, directory.server, _FIX_SECURITY)


def _name(error: gaierror, directory: Directory) -> RemoteError:
    return Unreachable(
        f"The directory server's name {directory.host} has no address ({error.strerror}).",
        hint="Check how host is written, and this machine's name server.",
    )


def _hung_up(_: OSError, directory: Directory) -> RemoteError:
    return Unreachable(f"{directory.server} hung up.", hint=_FIX_SECURITY)


def _gone(_: Exception, directory: Directory) -> RemoteError:
    return Unreachable(
        f"{directory.server} closed the connection.",
        hint=f"Look into the directory server's log. {_FIX_SECURITY}",
    )


def _slow(_: OSError, directory: Directory) -> RemoteError:
    return Unreachable(
        f"{directory.server} did not answer within {directory.timeout:g} s.",
        hint=f"Check host, port and the firewall in between. {_FIX_SECURITY}",
    )


def _closed(_: OSError, directory: Directory) -> RemoteError:
    return Unreachable(
        f"Nobody listens at {directory.server} (connection refused).",
        hint="Check host and port, and that the directory server runs.",
    )


def _network(error: OSError, directory: Directory) -> RemoteError:
    return Unreachable(
        f"{directory.server} cannot be reached: {error.strerror or error}.",
        hint="Check host and port, and this machine's network.",
    )


# The narrower kind first: all of them are OSErrors.
_TELLERS: tuple[tuple[type[OSError], Callable[..., RemoteError]], ...] = (
    (ssl.SSLError, _tls),
    (gaierror, _name),
    (TimeoutError, _slow),
    (ConnectionRefusedError, _closed),
    (ConnectionError, _hung_up),
    (OSError, _network),
)
