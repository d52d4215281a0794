"""Turns what went wrong with a mail server into one sentence and what to do about it."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import gaierror

from offhook.api import Refused, RemoteError, Unreachable, explain_tls
from offhook_email_smtp.client import printable
from offhook_email_smtp.options import Options

_FIX_SECURITY = (
    "Port 465 speaks tls, ports 587 and 25 starttls: set port and security to what the server has."
)


@contextmanager
def explained(options: Options) -> Iterator[None]:
    """Raise what goes wrong inside as `Unreachable` or `Refused`, in the administrator's words."""
    try:
        yield
    except OSError as error:
        raise explain(error, options) from error


def explain(error: OSError, options: Options) -> RemoteError:
    """Return *error*, which befell the connection to the mail server, as a sentence with a hint."""
    return next(tell for kind, tell in _TELLERS if isinstance(error, kind))(error, options)


def _tls(error: ssl.SSLError, options: Options) -> RemoteError:
    return explain_tls(error, options.server, _FIX_SECURITY)


def _name(error: gaierror, options: Options) -> RemoteError:
    return Unreachable(
        f"The mail server's name {options.host} has no address ({error.strerror}).",
        hint="Check how host is written, and this machine's name server.",
    )


def _missing(error: smtplib.SMTPNotSupportedError, options: Options) -> RemoteError:
    if "AUTH" in str(error):
        return Refused(
            f"{options.server} offers no login by PLAIN or LOGIN.",
            hint="Leave username empty if it needs none, or use its submission port (587 or 465).",
        )
    return Refused(f"{options.server} offers no encryption (STARTTLS).", hint=_FIX_SECURITY)


def _login(error: smtplib.SMTPAuthenticationError, options: Options) -> RemoteError:
    said = f"{error.smtp_code} {printable(error.smtp_error)}"
    sentence = f"{options.server} refuses the login of {options.username!r}: {said}"
    if 400 <= error.smtp_code < 500:
        return Unreachable(sentence, hint="It may work in a while.")
    return Refused(sentence, hint="Check username and password, and whether it may log in by SMTP.")


def _sender(error: smtplib.SMTPSenderRefused, options: Options) -> RemoteError:
    said = f"{error.smtp_code} {printable(error.smtp_error)}"
    return Refused(
        f"{options.server} takes no mail from {error.sender}: {said}",
        hint="Set username and password if there are none, and a sender that they may use.",
    )


def _reply(error: smtplib.SMTPResponseException, options: Options) -> RemoteError:
    said = f"{error.smtp_code} {printable(error.smtp_error)}"
    if error.smtp_code < 200:
        return Refused(
            f"What answers at {options.server} is not a mail server.", hint=_FIX_SECURITY
        )
    if error.smtp_code < 500:
        sentence = f"{options.server} is not ready: {said}"
        return Unreachable(sentence, hint="It may be in a while; its log says why.")
    return Refused(
        f"{options.server} turns us away: {said}",
        hint="Check host and port, and whether it lets this machine in.",
    )


def _gone(error: smtplib.SMTPServerDisconnected, options: Options) -> RemoteError:
    if isinstance(error.__context__, TimeoutError):
        return _slow(error, options)
    reason = "" if str(error).startswith("Connection unexpectedly closed") else f" ({error})"
    return Unreachable(
        f"{options.server} closed the connection{reason}.", hint="Look into the mail server's log."
    )


def _slow(_: OSError, options: Options) -> RemoteError:
    return Unreachable(
        f"{options.server} did not answer within {options.timeout} s.",
        hint=f"Check host, port and the firewall in between. {_FIX_SECURITY}",
    )


def _closed(_: OSError, options: Options) -> RemoteError:
    return Unreachable(
        f"Nobody listens at {options.server} (connection refused).",
        hint="Check host and port, and that the mail server runs.",
    )


def _network(error: OSError, options: Options) -> RemoteError:
    return Unreachable(
        f"{options.server} cannot be reached: {error.strerror or error}.",
        hint="Check host and port, and this machine's network.",
    )


# The narrower kind first: all of them are OSErrors.
_TELLERS: tuple[tuple[type[OSError], Callable[..., RemoteError]], ...] = (
    (ssl.SSLError, _tls),
    (gaierror, _name),
    (smtplib.SMTPNotSupportedError, _missing),
    (smtplib.SMTPAuthenticationError, _login),
    (smtplib.SMTPSenderRefused, _sender),
    (smtplib.SMTPResponseException, _reply),
    (smtplib.SMTPServerDisconnected, _gone),
    (TimeoutError, _slow),
    (ConnectionRefusedError, _closed),
    (OSError, _network),
)
