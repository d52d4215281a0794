"""Connections: configured systems that a plugin speaks to."""

from typing import Generic, TypeVar

from attrs import frozen

Options = TypeVar("Options", covariant=True)


@frozen(kw_only=True)
class Connection(Generic[Options]):
    """A configured PBX, gateway, mail server or redirect service; ``plugin`` speaks for it."""

    id: str
    name: str
    plugin: str
    options: Options
