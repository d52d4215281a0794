"""The tokens of a simulated Provisioning Manager: JSON Web Tokens that end, by its own clock."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

LIFETIME = timedelta(minutes=45)
_REFRESH_LIFETIME = timedelta(hours=8)
_ALGORITHM = "HS256"


class Tokens:
    """Issues tokens and checks them; *clock* says what time it is over there."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._key = clock, secrets.token_hex(32)
        self._generation = 0
        self._spent: set[str] = set()

    def issue(self, user: str) -> dict[str, str]:
        """Return a token, and what the next one is got with, once."""
        return {
            "token": self._sign(user, "access", LIFETIME),
            "refreshToken": self._sign(user, "refresh", _REFRESH_LIFETIME),
        }

    def user_of(self, token: str) -> str:
        """Return whose *token* it is; raises `jwt.InvalidTokenError` when it is good no more."""
        claims = self._read(token, "access")
        if claims["generation"] < self._generation:
            raise jwt.ExpiredSignatureError("Token was revoked")
        return str(claims["sub"])

    def spend(self, refresh_token: str) -> str:
        """Return whose refresh token it is, and take it back; raises as `user_of` does."""
        claims = self._read(refresh_token, "refresh")
        if claims["jti"] in self._spent:
            raise jwt.InvalidTokenError("Refresh token was used before")
        self._spent.add(claims["jti"])
        return str(claims["sub"])

    def revoke(self) -> None:
        """End all tokens given so far, but those to get new ones with."""
        self._generation += 1

    def _sign(self, user: str, use: str, lifetime: timedelta) -> str:
        now = self._clock()
        claims = {
            "sub": user,
            "use": use,
            "iat": now,
            "exp": now + lifetime,
            "jti": secrets.token_hex(8),
            "generation": self._generation,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def _read(self, token: str, use: str) -> dict[str, Any]:
        # The library knows the machine's clock only: the leeway is what ours differs by.
        leeway = datetime.now(UTC) - self._clock()
        claims = jwt.decode(
            token,
            self._key,
            algorithms=[_ALGORITHM],
            leeway=leeway,
            options={"require": ["exp", "sub"], "verify_iat": False},
        )
        if claims["use"] != use:
            raise jwt.InvalidTokenError("Token is of another kind")
        return claims
