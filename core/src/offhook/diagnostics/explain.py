"""Explains one user or token: what happened so far, what stands in the way, what to do."""

from datetime import datetime

from attrs import frozen

from offhook.diagnostics.reasons import REASONS
from offhook.doors import Plugins
from offhook.model.deployments import Deployment, Device
from offhook.model.findings import Finding, Level
from offhook.model.users import User
from offhook.provisioning import credentials, planning, profiles, resolving, tokens, users
from offhook.store.records import RefusalCount
from offhook.store.store import Store, Transaction

_SHOWN = 3
_SERVE = "Mails go out while offhook serve runs."


@frozen(kw_only=True)
class Explanation:
    """The user where there still is one, the deployment asked about, and findings."""

    user: User | None
    deployment: Deployment | None
    state: str
    devices: tuple[Device, ...]
    refusals: tuple[RefusalCount, ...]
    findings: tuple[Finding, ...]


def explain(store: Store, plugins: Plugins, text: str, *, now: datetime) -> Explanation:
    """
    Explain a token, a link with one, or a user (number, connection/number, id).

    Raises `UnknownName` when it is neither.
    """
    token = _token_in(text)
    with store.read() as tx:
        deployment = tx.deployments.by_token(tokens.hash_of(token)) if token else None
        if deployment:
            user = next(iter(tx.users.get([deployment.user_id])), None)
        elif token and not tx.users.named(text):
            return _nothing_known()
        else:
            user = users.find(tx, text)
            deployment = tx.deployments.current(user.id)
        return _explained(tx, plugins, user, deployment, now)


def _token_in(text: str) -> str:
    """Return the token that *text* is, or that the link *text* ends with; empty for neither."""
    last = text.rstrip("/").rpartition("/")[2]
    typed = tokens.normalize(last)
    looks_right = len(typed) == tokens.TOKEN_LENGTH and set(typed) <= set(tokens.ALPHABET)
    return last if looks_right else ""


def _nothing_known() -> Explanation:
    finding = _of_reason("failure", "unknown", "This token is not known here.", "")
    return Explanation(
        user=None, deployment=None, state="unknown", devices=(), refusals=(), findings=(finding,)
    )


def _explained(
    tx: Transaction,
    plugins: Plugins,
    user: User | None,
    deployment: Deployment | None,
    now: datetime,
) -> Explanation:
    waiting = _of_campaigns(tx, user, now)
    devices = tx.devices.of_user(user.id) if user else []
    findings = _of_user(tx, plugins, user) + _of_devices(devices, user) + waiting
    refusals: list[RefusalCount] = []
    if deployment:
        refusals = tx.refusals.of(deployment.id)
        findings += _of_deployment(deployment, user, refusals, now)
    elif user and not waiting:
        findings.append(
            Finding(
                level="note",
                code="not-deployed",
                summary="No link has been made for this user yet.",
                action=f"offhook deploy {user.key}",
            )
        )
    return Explanation(
        user=user,
        deployment=deployment,
        state=deployment.state(now) if deployment else "not deployed",
        devices=tuple(devices),
        refusals=tuple(refusals),
        findings=tuple(findings),
    )


def _of_user(tx: Transaction, plugins: Plugins, user: User | None) -> list[Finding]:
    if not user:
        summary = "The user has been deleted."
        return [Finding(level="note", code="user-deleted", summary=summary)]
    profile = profiles.get(tx, user.profile)
    findings = _of_source(tx, user)
    missing = resolving.missing(profile, plugins)
    if missing:
        summary = f"Profile {profile.name}: {missing}."
        findings.append(_of_reason("failure", "profile-unavailable", summary, user.key))
        return findings
    resolved = resolving.resolve_for(profile, user, plugins)
    lacking = credentials.why_not(user, resolved.settings)
    if lacking:
        findings.append(_of_reason("failure", "incomplete", f"{lacking}.", user.key))
    return findings


def _of_source(tx: Transaction, user: User) -> list[Finding]:
    findings = []
    if user.connection and tx.sources.get(user.connection).changed_at:
        summary = f"The connection {user.connection} has changed since its users were synchronised."
        findings.append(_of_reason("warning", "sync-needed", summary, user.key))
    if gone := planning.why_gone(user):
        findings.append(_of_reason("failure", "gone", f"The user is {gone}.", user.key))
    if user.reset_at:
        summary = f"The user needs a factory reset and a new code since {user.reset_at:%Y-%m-%d}."
        findings.append(_of_reason("warning", "reset-needed", summary, user.key))
    return findings


def _of_campaigns(tx: Transaction, user: User | None, now: datetime) -> list[Finding]:
    """Say which campaigns have yet to make a link for the user."""
    return [
        Finding(
            level="warning",
            code="campaign-waits",
            summary=f"Campaign {each.id} has not come to this user yet.",
            action=_SERVE,
        )
        for each in tx.campaigns.unexpanded(now)
        if user
        and user.id > each.cursor
        and tx.users.is_in(user.id, tx.campaigns.selection(each.id))
    ]


def _of_devices(devices: list[Device], user: User | None) -> list[Finding]:
    revoked = [each for each in devices if each.revoked_at]
    if not (user and revoked):
        return []
    alive = len(devices) - len(revoked)
    called = ", ".join(f"{each.agent or each.format} ({each.id})" for each in revoked[:_SHOWN])
    more = f" and {len(revoked) - _SHOWN} more" if len(revoked) > _SHOWN else ""
    summary = f"Revoked devices: {called}{more}; others that are not: {alive}."
    return [_of_reason("note" if alive else "warning", "device-revoked", summary, user.key)]


def _of_deployment(
    deployment: Deployment, user: User | None, refusals: list[RefusalCount], now: datetime
) -> list[Finding]:
    key = user.key if user else ""
    findings = [_of_state(deployment, now)]
    if deployment.delivery in ("failed", "uncertain"):
        level: Level = "failure" if deployment.delivery == "failed" else "warning"
        findings.append(
            Finding(
                level=level,
                code=f"mail-{deployment.delivery}",
                summary=f"The mail to {deployment.recipient or 'nobody'}: "
                f"{deployment.delivery}. {deployment.delivery_detail}".strip(),
                action=f"offhook deploy {key}",
            )
        )
    token = deployment.token_state_at(now)
    if token != "open":
        findings.append(_of_reason("note", token, f"The link is {token}.", key))
    for refusal in refusals:
        summary = f"{refusal.count} requests refused: {refusal.reason}, last {refusal.agent}"
        findings.append(_of_reason("warning", refusal.reason, summary.strip(), key))
    return findings


def _of_state(deployment: Deployment, now: datetime) -> Finding:
    state = deployment.state(now)
    summaries = {
        "queued": "The mail waits to be sent.",
        "wire": "The mail is being sent right now.",
        "sent": "The mail was handed to the mail server; nobody has downloaded yet.",
        "ready": "The link was made without a mail; nobody has downloaded yet.",
        "downloaded": "A client downloaded its configuration and has not asked again yet.",
        "applied": "The client applied its configuration: it asked again with its own token.",
        "registered": "The client is registered at the PBX.",
    }
    summary = summaries.get(state, f"The deployment is {state}.")
    if deployment.opened_at and not deployment.downloaded_at:
        summary += " The link was opened (a person or a mail scanner)."
    if state == "queued" and deployment.delivery_detail:
        return Finding(
            level="warning",
            code=f"state-{state}",
            summary=f"{summary} {deployment.delivery_detail}",
            action="It is tried again. What to do meanwhile: offhook events list",
        )
    level: Level = "ok" if deployment.downloaded_at else "note"
    action = _SERVE if state == "queued" else ""
    return Finding(level=level, code=f"state-{state}", summary=summary, action=action)


def _of_reason(level: Level, code: str, summary: str, user: str) -> Finding:
    reason = REASONS[code]
    return Finding(
        level=level,
        code=code,
        summary=summary,
        meaning=reason.meaning,
        action=reason.action.format(user=user),
    )
