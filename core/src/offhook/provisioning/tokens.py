"""Step 5: issues tokens, and reads them as people type them."""

import hashlib
import secrets
from datetime import datetime, timedelta

from offhook.model.deployments import Deployment
from offhook.model.secrets import Secret
from offhook.model.settings import LIFETIMES, Settings
from offhook.store.deployments import NewDeployment

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LENGTH = 20
GRANT_LENGTH = 26
REMEMBERED = timedelta(weeks=6, days=30)  # from its issue, for explain
_MISREAD = str.maketrans("OIL", "011", "- \t")


def issue(user_id: str, settings: Settings, *, campaign_id: str, now: datetime) -> NewDeployment:
    """Return a new deployment with a fresh token, neither mailed nor shown yet."""
    token = make_text(TOKEN_LENGTH)
    deployment = Deployment(
        id=secrets.token_hex(16),
        user_id=user_id,
        campaign_id=campaign_id,
        created_at=now,
        delivery="none",
        expires_at=now + timedelta(seconds=LIFETIMES[settings.token_lifetime]),
        downloads_left=settings.downloads,
        downloads_allowed=settings.downloads,
    )
    return NewDeployment(deployment=deployment, token=token, token_hash=hash_of(token.reveal()))


def make_text(length: int) -> Secret:
    """Return *length* random characters of Crockford's base32 (5 bits each) in groups of five."""
    bits = secrets.randbits(5 * length)
    text = "".join(ALPHABET[bits >> place & 31] for place in range(0, 5 * length, 5))
    return Secret("-".join(text[start : start + 5] for start in range(0, length, 5)))


def make_device_token() -> Secret:
    """Return 256 random bits as text for an address."""
    return Secret(secrets.token_urlsafe(32))


def normalize(typed: str) -> str:
    """Return *typed* without regard to case, dashes, spaces, O for 0, I or L for 1."""
    return typed.upper().translate(_MISREAD)


def is_grant(typed: str) -> bool:
    """Whether *typed* has the length of a grant; what it opens is looked up."""
    return len(normalize(typed)) == GRANT_LENGTH


def hash_of(text: str) -> str:
    """Return the hash under which a token or grant is looked up, however it was typed."""
    return hashlib.sha256(normalize(text).encode()).hexdigest()


def hash_of_device(token: str) -> str:
    """Return the hash under which a device token is looked up; its case matters."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_of_pair(token: str, device_id: str) -> str:
    """Return the key of a client that signs in with a deployment token and its own device id."""
    return hashlib.sha256(f"{normalize(token)}\0{device_id}".encode()).hexdigest()
