"""What a change concerns: users with a client, values as they were read, emergency numbers."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from offhook import console
from offhook.errors import InvalidInput
from offhook.model.described import describe
from offhook.model.profiles import Profile
from offhook.model.settings import Settings
from offhook.provisioning import profiles, resolving


def offer_force(wired: Any, profile: str = "") -> None:
    """Say how many users who have a client hold *profile*, or (empty) are there at all."""
    with wired.store.read() as tx:
        count = tx.devices.count_users(profile)
        found = profiles.get(tx, profile) if profile else None
    once = found and resolving.resolve_for(found, None, wired.plugins).settings.fetch == "once"
    if count and once:
        console.say(
            f"Users with a client that this concerns: {count}. It fetches once, and keeps what it "
            f"has: offhook deploy --profile {shlex.quote(profile)}"
        )
    elif count:
        chosen = f"--profile {shlex.quote(profile)}" if profile else "--all"
        console.say(
            f"Users with a client that this concerns: {count}. "
            f"To have it fetched even where nothing changed: offhook force {chosen}"
        )


def say_how_read(profile: Profile, texts: Mapping[str, str]) -> None:
    """Say of settings in *texts* that stand for another value what they were taken for."""
    for name, text in texts.items():
        each = describe(Settings).get(name)
        if each and text and name in profile.settings:
            shown = each.show(profile.settings[name])
            if shown.casefold() != text.strip().casefold() and len(shown.splitlines()) == 1:
                console.say(f"{name}: {text.strip()} is taken as {shown}.")


def confirm_taken_away(numbers: Sequence[str], *, where: str = "") -> None:
    """Ask before emergency numbers go that some region dials; raises `InvalidInput` for no."""
    question = f"{where}Take {', '.join(numbers)} away? A user may travel where it is dialled."
    if numbers and not console.confirm(question):
        raise InvalidInput(f"Nothing was changed. {question}", hint="Confirm, or add --yes.")
