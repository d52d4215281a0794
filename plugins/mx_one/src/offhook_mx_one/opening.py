"""Opens a connection's Provisioning Manager."""

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from offhook.api import HttpSession, InvalidInput, at_host, open_session
from offhook_mx_one.client import ProvisioningManager, Tokens
from offhook_mx_one.facts import FACTS
from offhook_mx_one.options import Options

_CONNECT = 5  # seconds


@frozen
class Opened:
    """A Provisioning Manager and the two layers below it; nobody has logged in yet."""

    session: HttpSession
    tokens: Tokens
    manager: ProvisioningManager


@contextmanager
def opened(options: Options) -> Iterator[Opened]:
    """Yield what speaks with the Provisioning Manager; closes its connections."""
    if not options.host:
        raise InvalidInput(
            "The connection names no Provisioning Manager.", hint="Set host, username and password."
        )
    names = FACTS.taken(options.facts)
    port = options.port or int(names["http.port"][0])
    with open_session(
        f"https://{at_host(options.host, port)}",
        ca_file=options.ca_file,
        timeout=(min(_CONNECT, options.timeout), options.timeout),
        repeatable=("GET", "POST"),  # a code that is pushed twice is the same code
        reasons=names["error.reason"],
    ) as session:
        tokens = Tokens(session, names, options.username, options.password)
        manager = ProvisioningManager(
            session, names, tokens, subsystem=options.subsystem, page_size=options.page_size
        )
        yield Opened(session, tokens, manager)
