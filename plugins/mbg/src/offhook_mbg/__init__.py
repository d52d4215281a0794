"""MiVoice Border Gateway for offhook: authorisation, teleworker credentials, its SIP users."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from offhook.api import (
    AskedCredentials,
    Authorization,
    AuthorizationStep,
    Connection,
    Fact,
    Finding,
    FoundCredentials,
    Settings,
    Skipped,
    SourceUser,
    WantedCredentials,
    hookimpl,
)
from offhook_mbg.authorizing import take
from offhook_mbg.credentials import fetch_all, set_all, tell_registered
from offhook_mbg.diagnosis import examine
from offhook_mbg.facts import FACTS
from offhook_mbg.options import Options
from offhook_mbg.settings import examine_settings, wanted_settings
from offhook_mbg.users import list_all

__all__ = ["FACTS", "Options"]


@hookimpl
def options_class() -> type[Options]:
    """Where the gateway is, as which consumer we ask, and what of it is meant."""
    return Options


@hookimpl
def assumptions() -> Mapping[str, Fact]:
    """Paths, parameters, JSON keys, permissions, codes of errors."""
    return FACTS.all


@hookimpl
def authorize(connection: Connection[Options], step: AuthorizationStep) -> Authorization:
    """OAuth 1.0a: a request, a verifier out of band or by callback, a final token, renewals."""
    return take(connection, step)


@hookimpl
def profile_defaults(connection: Connection[Options]) -> Mapping[str, str]:
    """Its own name, for phones and for web clients."""
    return wanted_settings(connection.options)


@hookimpl
def check_settings(connection: Connection[Options], settings: Settings) -> Iterator[Finding]:
    """Whether the profile's CA type fits its SIP TLS certificate, and names fit one another."""
    return examine_settings(connection, settings)


@hookimpl
def list_users(connection: Connection[Options]) -> Iterator[SourceUser | Skipped]:
    """The SIP users, page by page."""
    return list_all(connection)


@hookimpl
def fetch_credentials(
    connection: Connection[Options], asked: Sequence[AskedCredentials]
) -> Mapping[str, FoundCredentials | str]:
    """Set-side name and password of each, as the gateway has them."""
    return fetch_all(connection, asked)


@hookimpl
def registrations(
    connection: Connection[Options], asked: Sequence[AskedCredentials]
) -> Mapping[str, bool]:
    """Whether the device of each SIP user is registered, where the gateway tells."""
    return tell_registered(connection, asked)


@hookimpl
def set_credentials(
    connection: Connection[Options], wanted: Sequence[WantedCredentials]
) -> Mapping[str, str]:
    """Each password becomes the set-side password of a SIP user that is there already."""
    return set_all(connection, wanted)


@hookimpl
def diagnose(connection: Connection[Options]) -> Iterator[Finding]:
    """Web service, certificate, clock, token, rights, cluster, SIP TLS certificate."""
    return examine(connection, now=datetime.now(UTC))
