"""Administrators: who may log in to the portal."""

from attrs import frozen

PRIMARY = "primary administrator"


@frozen(kw_only=True)
class Admin:
    """An administrator; ``password_hash`` is argon2's, ``one_time`` until it was changed."""

    name: str
    role: str
    password_hash: str
    one_time: bool
