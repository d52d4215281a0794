"""Step 8: redeems tokens for configurations, many at once with one commit."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, PluginError
from offhook.model.deployments import Deployment, Device
from offhook.model.documents import DeviceLink, RenderedConfig
from offhook.model.profiles import Profile, ResolvedProfile
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import credentials, documents, profiles, tokens
from offhook.store.deployments import Owned
from offhook.store.devices import NewDevice
from offhook.store.store import Store, Transaction

PIN_TRIES = 10
GRANT_LIFE = timedelta(minutes=10)


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
    """A configuration, or the reason code why not; ``format`` where it is known."""

    config: RenderedConfig | None = None
    reason: str = ""
    format: str = ""
    etag: str = ""


@frozen(kw_only=True)
class _Prepared:
    """A download that is ready to be counted."""

    deployment: Deployment
    device: NewDevice
    answer: Answer


def redeem(
    store: Store, plugins: Plugins, asks: Sequence[Ask], *, public_url: str, now: datetime
) -> list[Answer]:
    """
    Answer *asks* in their order: read, build and render, then count with one commit for all.

    An answer with a configuration is on disk as counted. A render that fails counts nothing.
    """
    with store.read() as tx:
        owned = find_owned(tx, (ask.token for ask in asks), now)
    outcomes = [
        _prepare(ask, owned.get(tokens.hash_of(ask.token)), plugins, public_url, now)
        for ask in asks
    ]
    ready = [each for each in outcomes if isinstance(each, _Prepared)]
    counted = _count(store, ready, now) if ready else set()
    answers = [_finish(each, counted, now) for each in outcomes]
    _note_refusals(store, asks, answers, owned, now)
    return answers


def find_owned(tx: Transaction, texts: Iterable[str], now: datetime) -> dict[str, Owned]:
    """Return what tokens and grants stand for, by the hash of each."""
    by_length: dict[bool, set[str]] = {True: set(), False: set()}
    for text in texts:
        is_grant = len(tokens.normalize(text)) == tokens.GRANT_LENGTH
        by_length[is_grant].add(tokens.hash_of(text))
    found = tx.deployments.owned_by_tokens(by_length[False]) if by_length[False] else {}
    if by_length[True]:
        found |= tx.deployments.owned_by_grants(by_length[True], now)
    return found


def why_refused(deployment: Deployment, now: datetime) -> str:
    """Return the reason code of an ended token; empty while it is open."""
    state = deployment.token_state_at(now)
    return "" if state == "open" else state


def render(
    user: User,
    profile: Profile,
    resolved: ResolvedProfile,
    name: str,
    link: DeviceLink,
    plugins: Plugins,
) -> Answer:
    """Build and render the document of *user*; a failure becomes a reason code."""
    if profiles.missing(profile, plugins):
        return Answer(reason="profile-unavailable")
    if credentials.why_not(user, resolved.settings):
        return Answer(reason="incomplete")
    try:
        config = plugins.render(name, documents.build(user, resolved), link)
    except (PluginError, InvalidInput):
        return Answer(reason="render-failed", format=name)
    return Answer(config=config, format=name, etag=etag_of(user, profile, name, plugins))


def etag_of(user: User, profile: Profile, name: str, plugins: Plugins) -> str:
    """Return the version of what a client is told: of the revisions, never of the bytes."""
    version = plugins.formats[name].version
    parts = (user.id, user.revision, user.force_count, profile.id, profile.revision, name, version)
    return tokens.hash_of_device("\0".join(map(str, parts)))[:32]


def base_url(resolved: ResolvedProfile, public_url: str) -> str:
    """Return the address that clients of a profile download from, without a slash at its end."""
    host = resolved.settings.download_host
    return f"https://{host}" if host else public_url.rstrip("/")


def _prepare(
    ask: Ask, owned: Owned | None, plugins: Plugins, public_url: str, now: datetime
) -> _Prepared | Answer:
    if not owned:
        return Answer(reason="unknown", format=ask.format)
    by_grant = len(tokens.normalize(ask.token)) == tokens.GRANT_LENGTH
    reason = why_refused(owned.deployment, now)
    if not reason and owned.user.pin and not by_grant:
        reason = "pin-needed"
    resolved = profiles.resolve_for(owned.profile, owned.user, plugins)
    name = ask.format or resolved.settings.client_format
    if reason:
        return Answer(reason=reason, format=name)
    token = tokens.make_device_token()
    link = DeviceLink(
        url=Secret(f"{base_url(resolved, public_url)}/r/{token.reveal()}"),
        token=token,
        once=resolved.settings.fetch == "once",
    )
    answer = render(owned.user, owned.profile, resolved, name, link, plugins)
    if not answer.config:
        return answer
    return _Prepared(
        deployment=owned.deployment, device=_device(ask, owned, token, name, now), answer=answer
    )


def _device(ask: Ask, owned: Owned, token: Secret, name: str, now: datetime) -> NewDevice:
    device = Device(
        id=secrets.token_hex(16),
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


def _count(store: Store, ready: Sequence[_Prepared], now: datetime) -> set[str]:
    """Count the downloads that are allowed; returns the ids of the devices they made."""
    made: list[NewDevice] = []
    with store.write() as tx:
        waiting = list(ready)
        while waiting:
            first: dict[str, _Prepared] = {}
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
    return {each.device.id for each in made}


def _finish(outcome: _Prepared | Answer, counted: set[str], now: datetime) -> Answer:
    if isinstance(outcome, Answer):
        return outcome
    if outcome.device.device.id in counted:
        return outcome.answer
    reason = why_refused(outcome.deployment, now) or "spent"
    return Answer(reason=reason, format=outcome.answer.format)


def _note_refusals(
    store: Store,
    asks: Sequence[Ask],
    answers: Sequence[Answer],
    owned: Mapping[str, Owned],
    now: datetime,
) -> None:
    refused = []
    for ask, answer in zip(asks, answers, strict=True):
        about = owned.get(tokens.hash_of(ask.token))
        if answer.reason and about:
            refused.append((about.deployment.id, answer.reason, ask.agent[:200]))
    if not refused:
        return
    with store.write() as tx:
        for deployment_id, reason, agent in refused:
            tx.refusals.count(deployment_id, reason, agent, now)
