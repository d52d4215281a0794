"""How a system lets us in that asks its own administrator first: a request, a verifier, a token."""

from datetime import datetime
from typing import Literal

from attrs import frozen

from offhook.model.secrets import Secret

AuthorizationState = Literal["requested", "verified"]


@frozen(kw_only=True)
class Authorization:
    """
    What a system gave us: ``token`` and its ``secret`` sign every request from then on.

    While only ``requested``, its administrator approves it at ``approve_at`` and gets a verifier;
    where that is empty, the administrator is told the ``token_id`` and gives none.
    ``token_id`` is how the system's own pages call it. ``expires_at`` is what the system says, None
    where it does not.
    """

    state: AuthorizationState
    token: Secret
    secret: Secret
    token_id: str
    approve_at: str = ""
    expires_at: datetime | None = None


@frozen
class Begin:
    """Ask to be let in; the approver's browser is sent to ``callback``, empty for out of band."""

    callback: str = ""


@frozen
class Finish:
    """Show the verifier that the approver got; empty where none is given."""

    verifier: Secret


@frozen
class Renew:
    """Get a fresh token for the present one, before it ends."""


AuthorizationStep = Begin | Finish | Renew
