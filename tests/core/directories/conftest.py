"""A directory for the tests of directories, and how to reach it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from offhook.directories import Directory
from offhook.model.secrets import Secret
from tests.lab.pki import Pki
from tests.lab.slapd import Slapd, run_slapd

Reach = Callable[..., Directory]


@pytest.fixture(scope="module")
def slapd(pki: Pki) -> Iterator[Slapd]:
    """One directory for all tests of a module: they only read."""
    with run_slapd(certificate=pki.leaf, subscribers=1200, contacts=3, staff=8) as directory:
        yield directory


@pytest.fixture
def reach(pki: Pki) -> Reach:
    """Say how to reach a directory as its reader; keywords replace what is said."""

    def say(slapd: Slapd, **others: Any) -> Directory:
        by_tls = others.get("security", "ldaps") == "ldaps"
        told = {
            "host": slapd.host,
            "port": slapd.tls_port if by_tls else slapd.port,
            "ca_file": str(pki.root),
            "bind_dn": slapd.reader,
            "password": Secret(slapd.password),
            "timeout": 5,
        }
        return Directory(**told | others)

    return say
