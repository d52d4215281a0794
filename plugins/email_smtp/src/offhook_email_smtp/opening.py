"""Opens a connection to the mail server step by step: connect, encrypt, log in."""

from collections.abc import Iterator
from contextlib import contextmanager

from offhook.api import verifying
from offhook_email_smtp.client import Session
from offhook_email_smtp.failures import explained
from offhook_email_smtp.options import Options


@contextmanager
def opened(options: Options) -> Iterator[Session]:
    """Yield a session that is ready for mails; raises `Unreachable` or `Refused`."""
    with connected(options) as session:
        secure(session, options)
        log_in(session, options)
        yield session


@contextmanager
def connected(options: Options) -> Iterator[Session]:
    """Yield a session that was greeted, encrypted where security is tls; closes it quietly."""
    tls = verifying(options.ca_file) if options.security == "tls" else None
    with explained(options):
        session = Session(
            options.host, options.actual_port, timeout=options.timeout, helo=options.helo, tls=tls
        )
    with session:
        with explained(options):
            session.greet()
        yield session


def secure(session: Session, options: Options) -> None:
    """Encrypt where security is starttls; there is no going on without."""
    if options.security == "starttls":
        context = verifying(options.ca_file)
        with explained(options):
            session.start_tls(context)


def log_in(session: Session, options: Options) -> None:
    """Log in if there is a user name."""
    if options.username:
        with explained(options):
            session.log_in(options.username, options.password.reveal())
