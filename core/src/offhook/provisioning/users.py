"""Step 1: users, by hand and from files; found by the names that people use."""

from offhook.errors import InvalidInput, UnknownName
from offhook.model.users import User
from offhook.store.store import Transaction


def find(tx: Transaction, name: str) -> User:
    """
    Return the user that *name* means: directory number, connection/number or id.

    Raises `UnknownName` with suggestions, and `InvalidInput` when several users have the number.
    """
    found = tx.users.get(tx.users.named(name))
    if not found:
        raise UnknownName("user", name, tx.users.numbers_like(name[:2]))
    if len(found) > 1:
        ids = ", ".join(f"{each.name} ({each.id})" for each in found)
        raise InvalidInput(f"Several users are called {name!r}: {ids}.", hint="Use the id.")
    return found[0]
