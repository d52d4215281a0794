"""
The seams of offhook: each function here is one thing that a plugin can add.

Implement only what your system can do. Core asks one plugin at a time, the one that a connection
names, so return a plain answer and do not check whether the question was meant for you. A plugin
keeps no state between calls: options in, domain values out.

Raise `Unreachable`, `Refused` or `BadAnswer` when the other system fails; anything else that
escapes is reported as a bug in the plugin.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pluggy

from offhook.model.authorizations import Authorization, AuthorizationStep
from offhook.model.connections import Connection
from offhook.model.deployments import Handover, Message, Receipt
from offhook.model.documents import ClientFormat, ConfigDocument, DeviceLink, RenderedConfig
from offhook.model.facts import Fact
from offhook.model.findings import Finding
from offhook.model.probes import Probe
from offhook.model.profiles import PbxType
from offhook.model.redirects import OutsideView, Route
from offhook.model.settings import Settings
from offhook.model.sources import (
    AskedCredentials,
    FoundCredentials,
    Skipped,
    SourceUser,
    WantedCredentials,
)

hookspec = pluggy.HookspecMarker("offhook")
hookimpl = pluggy.HookimplMarker("offhook")


@hookspec(firstresult=True)
def options_class() -> type[Any]:
    """
    Return the attrs class that describes a connection's options.

    Make each field with `described`: its help line becomes the command line's and the form's. What
    must not be seen is a `Secret`. Core builds the options from what was entered, and reports
    unknown, missing and unusable ones by name, before any other hook is called.
    """


@hookspec(firstresult=True)
def pbx_type() -> PbxType:
    """
    Return the PBX type that this plugin stands for; it needs no connection.

    Two plugins may not announce the same name.
    """


@hookspec(firstresult=True)
def assumptions() -> Mapping[str, Fact]:
    """
    Return what this plugin takes for granted about its system, by name; needs no connection.

    Names of columns and attributes, paths, spellings: everything that is not the vendor's published
    word is marked as assumed. Use nothing that is not in here (`Facts` helps): a site whose system
    differs overrides it in the connection.
    """


@hookspec(firstresult=True)
def profile_defaults(connection: Connection[Any]) -> Mapping[str, str]:
    """
    Return what this very system wants its clients to use: profile settings as texts, by name.

    Asked when the connection is saved, and kept with the profiles that name it. Say what the
    options tell; ask nobody.
    """


@hookspec(firstresult=True)
def check_settings(connection: Connection[Any], settings: Settings) -> Iterable[Finding]:
    """
    Return what in a profile's *settings* does not fit this very system, or cannot be told.

    Asked when an administrator has a profile checked. A failure to ask is a `Finding`, not an
    exception. Change nothing over there.
    """


@hookspec(firstresult=True)
def list_users(connection: Connection[Any]) -> Iterable[SourceUser | Skipped]:
    """
    Return the users of the system that can have a client, one after the other.

    Say of every other entry why it is left out (`Skipped`), bad rows included. Read on as you are
    asked: a source may hold a million. Raise when the source cannot be read to its end: then
    nothing of it is used.
    """


@hookspec(firstresult=True)
def authorize(connection: Connection[Any], step: AuthorizationStep) -> Authorization:
    """
    Take one step towards being let in by a system that asks its own administrator first.

    Begin: ask, and return what was given for the request. Finish: show the verifier of the request
    in ``connection.authorization``, and return the token that counts. Renew: return a fresh one for
    the token in ``connection.authorization``. Core keeps it; every other hook finds it in the
    connection. Raise `Refused` when the system turns it down.
    """


@hookspec(firstresult=True)
def fetch_credentials(
    connection: Connection[Any], asked: Sequence[AskedCredentials]
) -> Mapping[str, FoundCredentials | str]:
    """
    Return by key what each user registers with, or a sentence why there is nothing.

    One call for a batch. Raise only when nobody's could be read.
    """


@hookspec(firstresult=True)
def registrations(
    connection: Connection[Any], asked: Sequence[AskedCredentials]
) -> Mapping[str, bool]:
    """
    Return by key whether each user's client is registered there right now.

    One call for a batch. Leave out whom you cannot tell of. Raise only when nobody's could be read.
    """


@hookspec(firstresult=True)
def set_credentials(
    connection: Connection[Any], wanted: Sequence[WantedCredentials]
) -> Mapping[str, str]:
    """
    Let each user register with the password that is wanted; core has made and kept it before.

    Returns by key why a user could not be served, and nothing for the others. The same value may
    come again after a crash: setting it twice must do no harm. Raise only when none could be set.
    """


@hookspec(firstresult=True)
def send(connection: Connection[Any], messages: Sequence[Message]) -> Iterator[Handover | Receipt]:
    """
    Send *messages* over one connection to the far side, and say of each what became of it.

    Yield a `Handover` immediately before the act that cannot be taken back (SMTP: after the 354;
    HTTP: before the POST): core writes it down before it asks for the next value. Then yield a
    `Receipt`: "sent" only when the far side accepted; "later" when it may accept in a while and
    certainly has not now; "failed" when it never will; "uncertain" when it cannot be told. A
    message refused before its handover gets only a receipt.

    Raise `Unreachable` when the far side cannot be talked to at all: what was not handed over is
    tried again later. Raise `Refused` when the connection's login, rights or certificate are wrong:
    nothing is tried again until an administrator has acted.
    """


@hookspec(firstresult=True)
def open_route(connection: Connection[Any], host: str, port: int, client_format: str) -> Route:
    """
    Let links to ``https://host:port`` lead through this system; return where they begin.

    Asked before mails are written, once per host and chunk of mails: the same host has the same
    address every time, and for longer. Clients that come that way are of *client_format*. Where
    the system wants a proof that the host is ours, it finds the ``token_id`` of the connection's
    authorisation at ``/.well-known/offhook`` there. Raise `Refused` when it does not believe that.
    """


@hookspec(firstresult=True)
def probe(connection: Connection[Any], host: str, probes: Sequence[Probe]) -> OutsideView:
    """
    Have *probes* at *host*, one of ours, made from outside by this system.

    Return what it met, in their order. Raise only when the system itself cannot be asked.
    """


@hookspec(firstresult=True)
def diagnose(connection: Connection[Any]) -> Iterable[Finding]:
    """
    Return what can be told about the system: reachable, certificate, login, rights, versions.

    A failure is a `Finding`, not an exception. Send nothing and change nothing over there.
    """


@hookspec(firstresult=True)
def client_formats() -> Iterable[ClientFormat]:
    """
    Return the client formats that this plugin renders; it needs no connection.

    Two plugins may not announce the same name.
    """


@hookspec(firstresult=True)
def render(
    client_format: ClientFormat, document: ConfigDocument, device: DeviceLink
) -> RenderedConfig:
    """
    Return *document* as the bytes that this kind of client reads, for one device.

    Pure and bounded: no network, no clock, no file; milliseconds. Escape everything. Name in
    ``lost`` every setting of the document that the format cannot express.
    """
