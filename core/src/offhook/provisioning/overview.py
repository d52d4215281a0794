"""What an administrator looks through: pages of users, one user's deployments, readiness."""

from attrs import frozen

from offhook.model.deployments import Deployment
from offhook.model.users import Selection, UserPage
from offhook.store.engines import check_connection
from offhook.store.store import Store


@frozen
class Listed:
    """A page of users, and how many are selected in all."""

    page: UserPage
    total: int


def list_users(
    store: Store,
    selection: Selection,
    *,
    sort: str = "last_name",
    descending: bool = False,
    after: str = "",
    limit: int = 50,
) -> Listed:
    """Return up to *limit* users; an unreadable *after* starts from the first."""
    with store.read() as tx:
        total = tx.users.count(selection)
        try:
            page = tx.users.page(
                selection, sort=sort, descending=descending, after=after or None, limit=limit
            )
        except ValueError:
            page = tx.users.page(selection, sort=sort, descending=descending, limit=limit)
    return Listed(page, total)


def deployments_of(store: Store, user_id: str) -> list[Deployment]:
    """Return a user's deployments, the newest first."""
    with store.read() as tx:
        return tx.deployments.of_user(user_id)


def check_ready(store: Store) -> None:
    """Raise `Unreachable` when the database does not answer."""
    check_connection(store.engine)
