"""What setting a site up takes, in the order in which it is done, and how far each step is."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from attrs import frozen

from offhook.certificates import own
from offhook.certificates.trust import Trust
from offhook.doors import Plugins
from offhook.errors import OffhookError
from offhook.model.findings import Severity
from offhook.model.rules import is_address
from offhook.model.users import Selection
from offhook.provisioning import campaigns, overview, profilerules, resolving
from offhook.provisioning.connections import (
    AUTHORIZATION_EVENTS,
    FETCHES,
    SOURCE_EVENTS,
    TRANSPORT_EVENTS,
)
from offhook.provisioning.overview import ConnectionLine
from offhook.provisioning.profiles import DEFAULT
from offhook.provisioning.sources import LIST
from offhook.settings import FILE, ProcessSettings
from offhook.store.store import Store, Transaction

State = Literal["done", "open", "failing"]
_FEW = 3


@frozen(kw_only=True)
class Item:
    """
    One step: ``summary`` says how it stands, ``command`` is what to type (or edit) for it.

    ``open`` has not been done, ``failing`` has been, and does not work.
    """

    step: str
    label: str
    state: State
    summary: str
    command: str


def make(store: Store, plugins: Plugins, settings: ProcessSettings, *, now: datetime) -> list[Item]:
    """Return the steps in their order; computed from what is there, nobody is asked."""
    lines = overview.list_connections(store, plugins, now=now)
    with store.read() as tx:
        return [
            _configuration(plugins, settings),
            _certificate(store, settings, now),
            _gateways(tx, plugins, lines),
            _profiles(tx, plugins, now),
            _diagnostics(tx),
            _mail(store, tx, plugins, lines),
            _users(tx, plugins, lines),
        ]


def _configuration(plugins: Plugins, settings: ProcessSettings) -> Item:
    host, url = own.host_of(settings), settings.public_url
    broken = sorted(plugins.broken)
    edit = f"edit public_url in {settings.home / FILE}, then: offhook serve"
    if broken:
        text = f"Plugins cannot be loaded: {', '.join(broken)}."
        return _item("configuration", "failing", text, "offhook plugins list")
    if host == "localhost":
        return _item("configuration", "open", f"Clients are sent to {url}: to themselves.", edit)
    if is_address(host):
        text = f"Clients are sent to {url}: they need a name, which its certificate holds."
        return _item("configuration", "failing", text, edit)
    return _item("configuration", "done", f"Clients download from {url}.", edit)


def _certificate(store: Store, settings: ProcessSettings, now: datetime) -> Item:
    host, port = own.host_of(settings), urlsplit(settings.public_url).port or 443
    check = f"offhook certs check {host} --port {port}"
    try:
        served = own.show(settings, store, trust=Trust(), now=now)
    except OffhookError as error:
        return _item("certificate", "failing", error.whole, check)
    if not served:
        proxies = ", ".join(settings.trusted_proxies)
        if proxies:
            text = f"TLS is done by the proxy in front, {proxies}: check it from outside."
            return _item("certificate", "done", text, check)
        text = "There is none: no client gets through."
        return _item("certificate", "open", text, "offhook certs csr")
    faults = [each.summary for each in served.findings if each.level == "failure"]
    if faults:
        return _item("certificate", "failing", " ".join(faults), check)
    remarks = [each.summary for each in served.findings if each.level == "warning"]
    return _item("certificate", "done", " ".join([f"It is for {host}.", *remarks]), check)


def _gateways(tx: Transaction, plugins: Plugins, lines: Iterable[ConnectionLine]) -> Item:
    gateways = [each for each in lines if plugins.implements(each.plugin, FETCHES)]
    if gateways:
        names = ", ".join(each.name for each in gateways)
        return _judge(tx, "gateways", gateways, AUTHORIZATION_EVENTS, f"Connected: {names}.")
    add = "offhook connections add NAME --plugin mbg --local ..."
    outside = [
        each.name
        for each in tx.profiles.all()
        if resolving.resolve_for(each, None, plugins).settings.use_teleworker != "off"
    ]
    if outside:
        text = f"None is connected, and phones of {_some(outside)} register at one."
        return _item("gateways", "failing", text, add)
    if tx.users.count(Selection()):
        return _item("gateways", "done", "None: no profile lets phones register outside.", add)
    text = "None is connected. Where phones register outside, connect it before users come in."
    return _item("gateways", "open", text, add)


def _profiles(tx: Transaction, plugins: Plugins, now: datetime) -> Item:
    found = tx.profiles.all()
    wrong = {
        each.name: missing or str(problems[0])
        for each in found
        if (missing := resolving.missing(each, plugins))
        or (problems := profilerules.check(each, plugins, now))
    }
    for name, problem in wrong.items():
        text = f"{name}: {problem}."
        return _item("profiles", "failing", text, f"offhook profiles validate {name}")
    if [(each.name, each.revision) for each in found] == [(DEFAULT, 1)]:
        text = f"Only {DEFAULT} is there, as it was made: nobody has looked at it."
        return _item("profiles", "open", text, f"offhook profiles edit {DEFAULT} ...")
    names = _some([each.name for each in found])
    return _item("profiles", "done", f"There: {names}.", "offhook profiles list")


def _diagnostics(tx: Transaction) -> Item:
    newest = {each.name: tx.diagnoses.of(each.name)[:1] for each in tx.profiles.all()}
    failed = [name for name, found in newest.items() if found and found[0].failed]
    run = "offhook diagnose"
    if failed:
        text = f"The last diagnosis of {_some(failed)} failed."
        return _item("diagnostics", "failing", text, f"{run} {failed[0]}")
    made = [name for name, found in newest.items() if found]
    if not made:
        return _item("diagnostics", "open", "No profile has been diagnosed.", f"{run} {DEFAULT}")
    return _item("diagnostics", "done", f"Diagnosed: {_some(made)}.", f"{run} {made[0]}")


def _mail(store: Store, tx: Transaction, plugins: Plugins, lines: Iterable[ConnectionLine]) -> Item:
    senders = [each for each in lines if each.default_transport]
    if not senders:
        text = "No connection sends mails: only offhook deploy --local works."
        add = "offhook connections add mail --plugin email_smtp ..."
        return _item("mail", "open", text, add)
    (sender,) = senders
    try:
        campaigns.check(store, plugins)
    except OffhookError as error:
        check = f"offhook connections check {sender.name}"
        return _item("mail", "failing", error.whole, check)
    text = f"Mails go out by way of {sender.name}."
    return _judge(tx, "mail", senders, {**TRANSPORT_EVENTS, **AUTHORIZATION_EVENTS}, text)


def _users(tx: Transaction, plugins: Plugins, lines: Iterable[ConnectionLine]) -> Item:
    count = tx.users.count(Selection())
    events = _open_events(tx, SOURCE_EVENTS)
    if events:
        return _item("users", "failing", next(iter(events.values())), "offhook events list")
    if not count:
        sources = any(plugins.implements(each.plugin, LIST) for each in lines)
        command = "offhook users import --all" if sources else "offhook users import-csv FILE"
        return _item("users", "open", "There are none yet.", command)
    return _item("users", "done", f"In all: {count}.", "offhook deploy --all --dry-run")


def _judge(
    tx: Transaction,
    step: str,
    lines: Iterable[ConnectionLine],
    codes: Mapping[str, Severity],
    done: str,
) -> Item:
    """Return how *step* stands by its connections; *done* says it where all is well."""
    events = _open_events(tx, codes)
    for each in lines:
        check = f"offhook connections check {each.name}"
        if each.state != "ready":
            return _item(step, "failing", f"{each.name} is {each.state}", check)
        if each.authorizes and not each.verified:
            text = f"{each.name} has not let us in yet."
            return _item(step, "open", text, f"offhook connections authorize {each.name}")
        if each.expires_in_days is not None and each.expires_in_days < 0:
            text = f"The authorisation of {each.name} has ended."
            again = f"offhook connections authorize {each.name} --again"
            return _item(step, "failing", text, again)
        if each.name in events:
            return _item(step, "failing", events[each.name], check)
    return _item(step, "done", done, "offhook connections list")


def _open_events(tx: Transaction, codes: Mapping[str, Severity]) -> dict[str, str]:
    """Return the texts of open events of these codes, by what they are about."""
    found = tx.events.latest(everything=False)
    return {each.subject: each.text for each in found if each.code in codes}


def _some(names: list[str]) -> str:
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more} more" if more > 0 else "")


def _item(step: str, state: State, summary: str, command: str) -> Item:
    return Item(step=step, label=LABELS[step], state=state, summary=summary, command=command)


LABELS = {
    "configuration": "Configuration",
    "certificate": "Certificate",
    "gateways": "Border gateways",
    "profiles": "Profiles",
    "diagnostics": "Diagnostics",
    "mail": "E-mail",
    "users": "Users",
}
