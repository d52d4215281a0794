"""Connections: configured systems that a plugin speaks to."""

from typing import Generic, TypeVar

from attrs import frozen

from offhook.model.authorizations import Authorization

Options = TypeVar("Options", covariant=True)


@frozen(kw_only=True)
class Connection(Generic[Options]):
    """
    A configured PBX, gateway, mail server or redirect service; ``plugin`` speaks for it.

    ``authorization`` is what the system gave us, where it is one that has to let us in first.
    """

    id: str
    name: str
    plugin: str
    options: Options
    authorization: Authorization | None = None
