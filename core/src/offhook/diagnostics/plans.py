"""Plans the diagnosis of a profile: which checks it gets, and what they are made at."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen

from offhook.diagnostics import observations, profiles, reaching
from offhook.diagnostics.messages import Test
from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem
from offhook.model.diagnoses import Check, verdict_of
from offhook.model.findings import Finding
from offhook.model.probes import Probe
from offhook.model.profiles import Profile
from offhook.model.rules import check_name
from offhook.model.settings import Settings
from offhook.provisioning import addresses, connections, resolving
from offhook.provisioning import profiles as provisioning
from offhook.store.connections import StoredConnection
from offhook.store.store import Store, Transaction

REMARKS = (
    "A phone may fail all the same: its own Wi-Fi, split DNS and firewalls in between decide, too.",
    "A lab without a public address or a border gateway may fail here and yet deploy.",
    "Geofencing must let the redirect service's addresses in and out, on port 443.",
)
_HTTPS = 443
_NO_REDIRECT = "No connection leads to a redirect service: nobody looks from outside."
_ADD_REDIRECT = "Add one: offhook connections add NAME --plugin redirect host=... sender=..."
_NO_SERVICE = "Neither the site nor the profile names a client service."
_SET_SERVICE = (
    "Clients that register at a PBX only need none; else: offhook settings set client_service_host="
)


@frozen
class Task:
    """A check that is to be made."""

    name: str
    label: str
    run: Callable[[], Check]


@frozen(kw_only=True)
class Plan:
    """The checks of a profile; ``host`` is where downloads are tried."""

    profile: str
    host: str
    tasks: tuple[Task, ...]
    remarks: tuple[str, ...] = REMARKS


def plan(
    store: Store, plugins: Plugins, name: str, *, host: str, public_url: str, now: datetime
) -> Plan:
    """
    Return the checks of the profile *name*; *host* stands in for its download and service hosts.

    Raises `UnknownName` for the profile and `InvalidInput` for the host.
    """
    _check_host(host)
    with store.read() as tx:
        profile = provisioning.get(tx, name)
        stored = tx.connections.all()
        redirect = _redirect_of(tx, plugins, profile, stored)
    settings, downloads = _downloads(profile, plugins, host, public_url)
    served = downloads.host if host else settings.client_service_host
    teleworkers = settings.use_teleworker != "off"
    tests = _Tests(store, plugins, redirect, downloads)
    tasks = (
        Task("redirect", "Redirect service", tests.redirect),
        Task("download", "Configuration download", tests.download),
        Task("service", "Client service", lambda: tests.service(served)),
        Task("profile", f"Profile {name}", lambda: _profile(store, plugins, name, now)),
        Task("process", "This machine", lambda: _machine(teleworkers)),
        *_connections(store, plugins, stored, redirect),
    )
    return Plan(profile=name, host=downloads.host, tasks=tasks)


def _downloads(
    profile: Profile, plugins: Plugins, host: str, public_url: str
) -> tuple[Settings, Probe]:
    """Return what the profile comes to, and the probe of where its clients download."""
    resolved = resolving.resolve_for(profile, None, plugins)
    place = urlsplit(f"https://{host}" if host else addresses.base_url(resolved, public_url))
    probe = Probe(
        scheme="https",
        host=place.hostname or "",
        port=place.port or _HTTPS,
        path=reaching.HEALTH,
    )
    return resolved.settings, probe


@frozen
class _Tests:
    """The three tests, by way of the connection *redirect* where there is one."""

    store: Store
    plugins: Plugins
    connection: str
    downloads: Probe

    def redirect(self) -> Check:
        if not self.connection:
            return reaching.not_configured("redirect", _NO_REDIRECT, _ADD_REDIRECT)
        found = connections.get(self.store, self.plugins, self.connection)
        return reaching.reach_redirect(self.plugins, found)

    def download(self) -> Check:
        return self._reach("download", self.downloads)

    def service(self, host: str) -> Check:
        if not host:
            return reaching.not_configured("service", _NO_SERVICE, _SET_SERVICE)
        return self._reach("service", Probe(scheme="wss", host=host, port=reaching.SERVICE_PORT))

    def _reach(self, test: Test, wanted: Probe) -> Check:
        if not self.connection:
            return reaching.reach_from_inside(test, wanted)
        found = connections.get(self.store, self.plugins, self.connection)
        return reaching.reach_from_outside(test, self.plugins, found, wanted, self.downloads)


def _check_host(host: str) -> None:
    try:
        check_name(host)
    except ValueError as error:
        raise InvalidInput(
            "The host to try cannot be used:", [Problem("host", host, str(error))]
        ) from error


def _redirect_of(
    tx: Transaction, plugins: Plugins, profile: Profile, stored: Sequence[StoredConnection]
) -> str:
    """Return the connection that looks from outside: the profile's transport, or any that can."""
    able = [each.name for each in stored if plugins.implements(each.plugin, reaching.HOOK)]
    own = profile.transport or tx.values.get(connections.DEFAULT_TRANSPORT)
    return own if own in able else next(iter(able), "")


def _connections(
    store: Store, plugins: Plugins, stored: Iterable[StoredConnection], redirect: str
) -> Iterator[Task]:
    """Yield a check for every other connection whose plugin can tell something."""
    for each in stored:
        if each.name != redirect and plugins.implements(each.plugin, "diagnose"):
            name = f"connection {each.name}"
            label = f"Connection {each.name}"

            def run(connection: str = each.name, name: str = name, label: str = label) -> Check:
                found = connections.get(store, plugins, connection)
                return _told(name, label, plugins.diagnose(found))

            yield Task(name, label, run)


def _profile(store: Store, plugins: Plugins, name: str, now: datetime) -> Check:
    return _told("profile", f"Profile {name}", profiles.examine(store, plugins, name, now=now))


def _machine(teleworkers: bool) -> Check:
    findings = [*observations.of_environment()]
    if teleworkers:
        findings.append(observations.told("note", observations.SPEECH))
    return _told("process", "This machine", findings)


def _told(name: str, label: str, findings: Iterable[Finding]) -> Check:
    found = tuple(findings)
    return Check(name=name, label=label, verdict=verdict_of(found), findings=found)
