"""Administrators: made with a one-time password, logged in, and out again."""

import hashlib
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from offhook.errors import InvalidInput, Problem
from offhook.model.admins import PRIMARY, Admin
from offhook.model.secrets import Secret
from offhook.provisioning import tokens
from offhook.store.store import Store, Transaction

SESSION_LIFE = timedelta(hours=8)
SHORTEST = 12
LONGEST = 200
_ONE_TIME_LENGTH = 25
# A password that nobody knows, hashed with the parameters of today.
_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$uyGS7/rrH23Djrt+iFngOg$DVkrHG"
    "VdIBbv2fcAZ5K8TFsefzYVCL1QCb2bpSSnMIo"
)
hasher = PasswordHasher()


def create_first(store: Store, name: str, *, now: datetime) -> Secret | None:
    """Make the primary administrator unless there is any; returns the one-time password."""
    password = tokens.make_text(_ONE_TIME_LENGTH)
    with store.write() as tx:
        if tx.admins.count():
            return None
        hashed = hasher.hash(password.reveal())
        admin = Admin(name=name, role=PRIMARY, password_hash=hashed, one_time=True)
        tx.admins.add(admin, now)
        tx.audit.add(now, "offhook init", "administrator created", name, PRIMARY)
    return password


def log_in(store: Store, name: str, password: Secret, *, now: datetime) -> Secret | None:
    """
    Return a new session for the right name and password, nothing for a wrong one.

    Takes about a tenth of a second whether the name exists or not: never call it on an event loop.
    """
    with store.read() as tx:
        admin = tx.admins.named(name)
    right = _is_right(admin.password_hash if admin else "", password)
    if not admin or not right:
        return None
    with store.write() as tx:
        tx.audit.add(now, admin.name, "logged in", admin.name)
        return _open_session(tx, admin.name, now)


def who(store: Store, session: str, *, now: datetime) -> Admin | None:
    """Return who is logged in with *session*; nobody once it has ended."""
    with store.read() as tx:
        return tx.admins.of_session(_hash_of(session), now)


def may_authorize(admin: Admin) -> bool:
    """Whether *admin* may ask gateways to let us in; the command line acts for who may."""
    return admin.role == PRIMARY


def log_out(store: Store, session: str) -> None:
    """End a session."""
    with store.write() as tx:
        tx.admins.close_session(_hash_of(session))


def change_password(
    store: Store, admin: Admin, old: Secret, new: Secret, *, now: datetime
) -> Secret:
    """
    Replace a password; every session ends, and the new one of the caller is returned.

    Raises `InvalidInput` for a wrong old password and for a new one that is too easy to guess.
    """
    problems = [] if _is_right(admin.password_hash, old) else [_problem("old", "it is not right")]
    problems += [_problem("new", reason) for reason in _why_weak(admin, old, new)]
    if problems:
        raise InvalidInput("The password has not been changed:", problems)
    hashed = hasher.hash(new.reveal())
    with store.write() as tx:
        tx.admins.set_password(admin.name, hashed, one_time=False)
        tx.audit.add(now, admin.name, "password changed", admin.name)
        return _open_session(tx, admin.name, now)


def _open_session(tx: Transaction, name: str, now: datetime) -> Secret:
    session = secrets.token_urlsafe(32)
    tx.admins.sweep_sessions(now)
    tx.admins.open_session(_hash_of(session), name, now + SESSION_LIFE)
    return Secret(session)


def _hash_of(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _is_right(password_hash: str, password: Secret) -> bool:
    """Compare; where there is no hash, take as long as if there were one."""
    try:
        return hasher.verify(password_hash or _NOBODYS, password.reveal())
    except (VerificationError, InvalidHashError):
        return False


def _why_weak(admin: Admin, old: Secret, new: Secret) -> list[str]:
    text = new.reveal()
    reasons = {
        f"use {SHORTEST} characters or more": len(text) < SHORTEST,
        f"use at most {LONGEST} characters": len(text) > LONGEST,
        "it is the old one": new == old,
        "it holds your name": admin.name.casefold() in text.casefold(),
        "use more than three different characters": len(set(text)) < 4,
    }
    return [reason for reason, applies in reasons.items() if applies]


def _problem(field: str, reason: str) -> Problem:
    return Problem(f"{field} password", "", reason)
