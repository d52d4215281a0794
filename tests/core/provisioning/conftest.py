"""What the tests of the steps share: plugins, a profile, users, a world where one is deployed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

import offhook_linphone
from offhook import generic
from offhook.doors import Plugins
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import tokens
from offhook.store.store import Store

URL = "https://provisioning.test"


@pytest.fixture
def plugins() -> Plugins:
    """Core's own plugin and one real client format."""
    return Plugins({"generic": generic, "linphone": offhook_linphone})


@pytest.fixture
def make_user(store: Store, now: datetime) -> Callable[..., User]:
    """Store a complete user, or one that differs in the given fields."""

    def make(
        number: str = "7328", *, settings: dict[str, Any] | None = None, **fields: Any
    ) -> User:
        with store.write() as tx:
            if not tx.profiles.named("default"):
                tx.profiles.add(Profile(id="p1", name="default", settings=settings or {}))
            user = User(
                id=f"user-{number}",
                profile="default",
                created_at=now,
                **{
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "number": number,
                    "email": f"{number}@example.test",
                    "pbx_host": "pbx.example.test",
                    "pbx_username": number,
                    "pbx_password": Secret("s3cret"),
                    **fields,
                },
            )
            tx.users.add(user, "p1")
        return user

    return make


@pytest.fixture
def issue(store: Store, now: datetime) -> Callable[..., str]:
    """Give a user a link; returns the token's text."""

    def give(user: User, **settings: Any) -> str:
        new = tokens.issue(user.id, Settings(**settings), campaign_id="c1", now=now)
        with store.write() as tx:
            tx.deployments.add([new])
        return new.token.reveal()

    return give
