"""Deployments: one user's run through the steps, its mail, its token and its device."""

from datetime import datetime
from typing import Literal

from attrs import frozen

Delivery = Literal["queued", "wire", "sent", "failed", "uncertain", "none"]
TokenState = Literal["open", "spent", "expired", "locked", "revoked"]
Outcome = Literal["sent", "failed", "later", "uncertain"]


@frozen(kw_only=True)
class InlineImage:
    """A picture in a mail, shown where the HTML refers to ``cid:NAME``."""

    name: str
    content_type: str
    data: bytes


@frozen(kw_only=True)
class Message:
    """
    A mail before transport; ``key`` is the deployment's id and names it in handovers and receipts.

    ``message_id`` (with angle brackets) is fixed per deployment. Texts hold no line break in
    ``to`` and ``subject``.
    """

    key: str
    message_id: str
    to: str
    subject: str
    text: str
    html: str
    images: tuple[InlineImage, ...] = ()


@frozen
class Handover:
    """
    The transport is about to do what it cannot take back for message ``key``.

    ``repeatable`` where the far side honours an idempotency key, so that a crash is harmless.
    """

    key: str
    repeatable: bool = False


@frozen
class Receipt:
    """
    What became of message ``key``: sent, failed (for good), later (try again) or uncertain.

    ``detail`` is the far side's answer or the reason, as a sentence for the administrator.
    """

    key: str
    outcome: Outcome
    detail: str = ""


@frozen(kw_only=True)
class Deployment:
    """
    One user's run: delivery (local), token and device are three facts of their own.

    The token's text is not here: the store keeps it encrypted while its code may still be shown.
    ``recipient_rule`` says which rule chose the recipient. ``not_before`` is when the next attempt
    at sending is due. ``opened_at`` means that a person or a mail scanner opened the link.
    """

    id: str
    user_id: str
    campaign_id: str
    created_at: datetime
    delivery: Delivery
    delivery_detail: str = ""
    delivered_at: datetime | None = None
    recipient: str = ""
    recipient_rule: str = ""
    message_id: str = ""
    attempts: int = 0
    not_before: datetime | None = None
    token_state: TokenState = "open"
    expires_at: datetime
    downloads_left: int
    downloads_allowed: int
    wrong_pins: int = 0
    opened_at: datetime | None = None
    downloaded_at: datetime | None = None
    applied_at: datetime | None = None
    registered_at: datetime | None = None

    def token_state_at(self, now: datetime) -> TokenState:
        """The token's state, an open one past its end being expired."""
        if self.token_state == "open" and self.expires_at <= now:
            return "expired"
        return self.token_state

    def state(self, now: datetime) -> str:
        """The state shown: the furthest device fact, else an ended token, else the delivery."""
        for fact, name in (
            (self.registered_at, "registered"),
            (self.applied_at, "applied"),
            (self.downloaded_at, "downloaded"),
        ):
            if fact:
                return name
        token = self.token_state_at(now)
        if token != "open":
            return token
        return "ready" if self.delivery == "none" else self.delivery


@frozen(kw_only=True)
class Device:
    """
    One client that downloaded: its format, what it called itself, and until when it may ask.

    ``accounts`` is the most that it was ever given at once: it may hold as many.
    """

    id: str
    deployment_id: str
    user_id: str
    format: str
    agent: str
    accounts: int = 0
    downloaded_at: datetime
    applied_at: datetime | None = None
    seen_at: datetime | None = None
    revoked_at: datetime | None = None


@frozen(kw_only=True)
class Campaign:
    """Many deployments at once; ``cursor`` is the last user for whom one was made."""

    id: str
    created_at: datetime
    actor: str
    transport: str
    total: int
    cursor: str = ""
    expanded_at: datetime | None = None
