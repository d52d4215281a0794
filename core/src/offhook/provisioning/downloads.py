"""Step 8: redeems tokens for configurations, many at once with one commit."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from offhook.doors import Plugins
from offhook.errors import OffhookError, PluginError
from offhook.model.deployments import Deployment, Device
from offhook.model.documents import DeviceLink, RenderedConfig
from offhook.model.profiles import Profile, ResolvedProfile
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import addresses, credentials, documents, tokens
from offhook.provisioning.resolving import Resolver
from offhook.store.deployments import Owned
from offhook.store.devices import NewDevice
from offhook.store.store import Store, Transaction

PIN_TRIES = 10
GRANT_LIFE = timedelta(minutes=10)
SIGNED_IN = "signed-in"


@frozen(kw_only=True)
class Ask:
    """
    A client's request for its configuration.

    ``token`` is a deployment token or a grant as it came; ``format`` is empty for the profile's
    own; ``device_id`` is what a client that signs in calls itself.
    """

    token: str
    agent: str = ""
    format: str = ""
    device_id: str = ""


@frozen(kw_only=True)
class Answer:
    """
    A configuration with so many accounts, or the reason code why not.

    ``format`` is empty where it is not known.
    """

    config: RenderedConfig | None = None
    accounts: int = 0
    reason: str = ""
    format: str = ""
    etag: str = ""


@frozen(kw_only=True)
class Wanted:
    """A configuration to render: for whom, in which format, with which address for refreshes."""

    user: User
    profile: Profile
    resolved: ResolvedProfile
    format: str
    link: DeviceLink


@frozen(kw_only=True)
class _Allowed:
    """A download that nothing speaks against, for a device that it would make."""

    deployment: Deployment
    device: NewDevice
    wanted: Wanted


@frozen(kw_only=True)
class _Ready:
    """A download that is rendered and waits to be counted."""

    deployment: Deployment
    device: NewDevice
    answer: Answer


def redeem(
    store: Store, plugins: Plugins, asks: Sequence[Ask], *, public_url: str, now: datetime
) -> list[Answer]:
    """
    Answer *asks* in their order: read, build and render, then count with one commit for all.

    An answer with a configuration is on disk as counted. A render that fails counts nothing. The
    reason ``signed-in`` means that the pair of token and device id has downloaded in the meantime:
    it refreshes.
    """
    with store.read() as tx:
        owned = find_owned(tx, (ask.token for ask in asks), now)
    resolve = Resolver(plugins)
    checked = [
        _check(ask, owned.get(tokens.hash_of(ask.token)), resolve, public_url, now) for ask in asks
    ]
    outcomes = _render(checked, plugins)
    if not owned:
        return [each for each in outcomes if isinstance(each, Answer)]
    ready = [each for each in outcomes if isinstance(each, _Ready)]
    with store.write(durable=bool(ready)) as tx:
        counted = _count(tx, ready, now)
        answers = [_finish(each, counted, now) for each in outcomes]
        _note_refusals(tx, asks, answers, owned, now)
    return answers


def find_owned(tx: Transaction, texts: Iterable[str], now: datetime) -> dict[str, Owned]:
    """Return what tokens and grants stand for, by the hash of each."""
    by_length: dict[bool, set[str]] = {True: set(), False: set()}
    for text in texts:
        by_length[tokens.is_grant(text)].add(tokens.hash_of(text))
    found = tx.deployments.owned_by_tokens(by_length[False]) if by_length[False] else {}
    if by_length[True]:
        found |= tx.deployments.owned_by_grants(by_length[True], now)
    return found


def why_refused(deployment: Deployment, now: datetime) -> str:
    """Return the reason code of an ended token; empty while it is open."""
    state = deployment.token_state_at(now)
    return "" if state == "open" else state


def render_all(wanted: Sequence[Wanted], plugins: Plugins) -> list[Answer]:
    """Build and render documents, one call per format; what fails has a reason code of its own."""
    answers: dict[int, Answer] = {}
    by_format: dict[str, list[int]] = {}
    for place, each in enumerate(wanted):
        if reason := _why_unable(each, plugins):
            answers[place] = Answer(reason=reason, format=each.format)
        else:
            by_format.setdefault(each.format, []).append(place)
    for name, places in by_format.items():
        asked = [wanted[place] for place in places]
        answers |= zip(places, _rendered(name, asked, plugins), strict=True)
    return [answers[place] for place in range(len(wanted))]


def etag_of(user: User, profile: Profile, name: str, plugins: Plugins) -> str:
    """Return the version of what a client is told: of the revisions, never of the bytes."""
    version = plugins.formats[name].version
    parts = (user.id, user.revision, user.force_count, profile.id, profile.revision, name, version)
    return tokens.hash_of_device("\0".join(map(str, parts)))[:32]


def _check(
    ask: Ask, owned: Owned | None, resolve: Resolver, public_url: str, now: datetime
) -> _Allowed | Answer:
    if not owned:
        return Answer(reason="unknown", format=ask.format)
    reason = why_refused(owned.deployment, now)
    if not reason and owned.user.pin and not tokens.is_grant(ask.token):
        reason = "pin-needed"
    resolved = resolve(owned.profile, owned.user)
    name = ask.format or resolved.settings.client_format
    if reason:
        return Answer(reason=reason, format=name)
    token = tokens.make_device_token()
    wanted = Wanted(
        user=owned.user,
        profile=owned.profile,
        resolved=resolved,
        format=name,
        link=addresses.device_link(
            resolved, token, public_url, accounts_before=owned.accounts_before
        ),
    )
    device = _device(ask, owned, token, name, now)
    return _Allowed(deployment=owned.deployment, device=device, wanted=wanted)


def _device(ask: Ask, owned: Owned, token: Secret, name: str, now: datetime) -> NewDevice:
    device = Device(
        # Ids that begin with the time go to the end of the index, not to a page anywhere in it.
        id=f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}",
        deployment_id=owned.deployment.id,
        user_id=owned.user.id,
        format=name,
        agent=ask.agent[:200],
        downloaded_at=now,
    )
    pair = tokens.hash_of_pair(ask.token, ask.device_id) if ask.device_id else None
    return NewDevice(
        device=device, token_hash=tokens.hash_of_device(token.reveal()), client_key=pair
    )


def _render(checked: Sequence[_Allowed | Answer], plugins: Plugins) -> list[_Ready | Answer]:
    allowed = [each for each in checked if isinstance(each, _Allowed)]
    rendered = iter(render_all([each.wanted for each in allowed], plugins))
    outcomes: list[_Ready | Answer] = []
    for each in checked:
        answer = next(rendered) if isinstance(each, _Allowed) else each
        if isinstance(each, _Allowed) and answer.config:
            given = evolve(each.device.device, accounts=answer.accounts)
            device = evolve(each.device, device=given)
            outcomes.append(_Ready(deployment=each.deployment, device=device, answer=answer))
        else:
            outcomes.append(answer)
    return outcomes


def _why_unable(wanted: Wanted, plugins: Plugins) -> str:
    if wanted.profile.pbx_type not in plugins.pbx_types or wanted.format not in plugins.formats:
        return "profile-unavailable"
    return "incomplete" if credentials.why_not(wanted.user, wanted.resolved.settings) else ""


def _rendered(name: str, wanted: Sequence[Wanted], plugins: Plugins) -> list[Answer]:
    asked = [(documents.build(each.user, each.resolved), each.link) for each in wanted]
    try:
        found = plugins.render_all(name, asked)
    except PluginError:
        return [Answer(reason="render-failed", format=name)] * len(wanted)
    return [
        Answer(reason="render-failed", format=name)
        if isinstance(config, OffhookError)
        else Answer(
            config=config,
            accounts=len(document.accounts),
            format=name,
            etag=etag_of(each.user, each.profile, name, plugins),
        )
        for each, (document, _), config in zip(wanted, asked, found, strict=True)
    ]


def _count(tx: Transaction, ready: Sequence[_Ready], now: datetime) -> dict[str, str]:
    """Count what is allowed; returns "" by the ids of the devices made, or why there was none."""
    outcomes: dict[str, str] = {}
    waiting = []
    signed_in = tx.devices.client_keys({each.device.client_key for each in ready} - {None})
    for each in ready:
        if each.device.client_key in signed_in:
            outcomes[each.device.device.id] = SIGNED_IN
        else:
            waiting.append(each)
            signed_in |= {each.device.client_key} - {None}
    made: list[NewDevice] = []
    while waiting:
        first: dict[str, _Ready] = {}
        for each in waiting:
            first.setdefault(each.deployment.id, each)
        allowed = tx.deployments.count_downloads(first, now)
        made += [each.device for key, each in first.items() if key in allowed]
        waiting = [
            each
            for each in waiting
            if each.deployment.id in allowed and each is not first[each.deployment.id]
        ]
    tx.devices.add(made)
    return outcomes | {each.device.id: "" for each in made}


def _finish(outcome: _Ready | Answer, counted: Mapping[str, str], now: datetime) -> Answer:
    if isinstance(outcome, Answer):
        return outcome
    reason = counted.get(outcome.device.device.id)
    if reason is None:
        reason = why_refused(outcome.deployment, now) or "spent"
    return Answer(reason=reason, format=outcome.answer.format) if reason else outcome.answer


def _note_refusals(
    tx: Transaction,
    asks: Sequence[Ask],
    answers: Sequence[Answer],
    owned: Mapping[str, Owned],
    now: datetime,
) -> None:
    for ask, answer in zip(asks, answers, strict=True):
        if not answer.reason or answer.reason == SIGNED_IN:
            continue
        about = owned.get(tokens.hash_of(ask.token))
        if about:
            tx.refusals.count(about.deployment.id, answer.reason, ask.agent[:200], now)
