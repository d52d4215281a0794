"""Step 9: answers devices that ask again; the first time proves that they applied."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import Factory, evolve, frozen

from offhook.doors import Plugins
from offhook.model.profiles import ResolvedProfile
from offhook.model.secrets import Secret
from offhook.provisioning import addresses, downloads, tokens
from offhook.provisioning.downloads import Answer, Wanted
from offhook.provisioning.resolving import Resolver
from offhook.store.devices import OwnedDevice
from offhook.store.store import Store, Transaction

MOST_TOKENS = 5
SEEN_EVERY = timedelta(minutes=5)
UNCHANGED = "unchanged"


@frozen(kw_only=True)
class Call:
    """A device that asks again: by its token, or by the pair that it signs in with."""

    token: str
    device_id: str = ""
    etag: str = ""


@frozen(kw_only=True)
class _Step:
    """An answer, what is to be rendered for it, and what has to be written down."""

    found: OwnedDevice | None
    answer: Answer = Factory(Answer)
    wanted: Wanted | None = None
    new_token: Secret | None = None

    @property
    def gives_more(self) -> bool:
        """Whether the device holds more accounts than ever before, with this answer."""
        return bool(self.found and self.answer.accounts > self.found.device.accounts)


def answer(
    store: Store, plugins: Plugins, calls: Sequence[Call], *, public_url: str, now: datetime
) -> list[Answer]:
    """
    Answer *calls* in their order with a configuration, ``unchanged`` or a reason code.

    ``unknown`` for a pair means that it never downloaded: redeem its token then.
    """
    keys = [_key(call) for call in calls]
    with store.read() as tx:
        found = tx.devices.owned_by_tokens(
            key for key, call in zip(keys, calls, strict=True) if not call.device_id
        ) | tx.devices.owned_by_client_keys(
            key for key, call in zip(keys, calls, strict=True) if call.device_id
        )
    resolve = Resolver(plugins)
    steps = _render(
        [
            _check(call, found.get(key), resolve, plugins, public_url, now)
            for key, call in zip(keys, calls, strict=True)
        ],
        plugins,
    )
    due = [step for step in steps if step.found and _must_write(step.found, step, now)]
    if due:
        durable = any(step.new_token or step.gives_more for step in due)
        with store.write(durable=durable) as tx:
            for step in due:
                _write(tx, step, now)
    return [step.answer for step in steps]


def _key(call: Call) -> str:
    if call.device_id:
        return tokens.hash_of_pair(call.token, call.device_id)
    return tokens.hash_of_device(call.token)


def _check(
    call: Call,
    found: OwnedDevice | None,
    resolve: Resolver,
    plugins: Plugins,
    public_url: str,
    now: datetime,
) -> _Step:
    if not found:
        return _Step(found=None, answer=Answer(reason="unknown"))
    name = found.device.format
    if found.device.revoked_at:
        return _Step(found=found, answer=Answer(reason="device-revoked", format=name))
    resolved = resolve(found.profile, found.user)
    is_old = _is_old(found, resolved, now)
    if call.etag and not is_old and name in plugins.formats:
        etag = downloads.etag_of(found.user, found.profile, name, plugins)
        if etag == call.etag:
            return _Step(found=found, answer=Answer(reason=UNCHANGED, format=name, etag=etag))
    # Who signs in does not show the device's token: it gets one that its address can hold.
    fresh = tokens.make_device_token() if is_old or call.device_id else None
    token, before = fresh or Secret(call.token), found.device.accounts
    wanted = Wanted(
        user=found.user,
        profile=found.profile,
        resolved=resolved,
        format=name,
        link=addresses.device_link(resolved, token, public_url, accounts_before=before),
    )
    return _Step(found=found, wanted=wanted, new_token=fresh)


def _is_old(found: OwnedDevice, resolved: ResolvedProfile, now: datetime) -> bool:
    limit = timedelta(days=resolved.settings.device_token_days)
    return bool(found.token_made_at and now - found.token_made_at >= limit)


def _render(steps: Sequence[_Step], plugins: Plugins) -> list[_Step]:
    answers = iter(downloads.render_all([step.wanted for step in steps if step.wanted], plugins))
    return [_with_answer(step, next(answers)) if step.wanted else step for step in steps]


def _with_answer(step: _Step, answer: Answer) -> _Step:
    return evolve(step, answer=answer, new_token=step.new_token if answer.config else None)


def _must_write(found: OwnedDevice, step: _Step, now: datetime) -> bool:
    device = found.device
    recent = device.seen_at and now - device.seen_at < SEEN_EVERY
    refused = step.answer.reason not in ("", UNCHANGED)
    unnoted = not device.applied_at or not recent or found.older_tokens
    return bool(refused or step.new_token or step.gives_more or unnoted)


def _write(tx: Transaction, step: _Step, now: datetime) -> None:
    found = step.found
    assert found  # noqa: S101
    device = found.device
    if step.answer.reason not in ("", UNCHANGED):
        tx.refusals.count(device.deployment_id, step.answer.reason, device.agent, now)
        return
    tx.devices.note_use(device.id, now)
    if step.gives_more:
        tx.devices.note_accounts(device.id, step.answer.accounts)
    tx.deployments.note(device.deployment_id, applied_at=now)
    if found.token_made_at and found.older_tokens:
        tx.devices.drop_older_tokens(device.id, found.token_made_at)
    if step.new_token:
        key = tokens.hash_of_device(step.new_token.reveal())
        tx.devices.add_token(key, device.id, now, MOST_TOKENS)
