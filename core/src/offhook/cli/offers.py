"""What a change concerns: the users who have a client, and the offer to have it fetch."""

import shlex
from typing import Any

from offhook import console


def offer_force(wired: Any, profile: str = "") -> None:
    """Say how many users who have a client hold *profile*, or (empty) are there at all."""
    with wired.store.read() as tx:
        count = tx.devices.count_users(profile)
    if count:
        chosen = f"--profile {shlex.quote(profile)}" if profile else "--all"
        console.say(
            f"Users with a client that this concerns: {count}. "
            f"To have it fetched even where nothing changed: offhook force {chosen}"
        )
