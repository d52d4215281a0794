"""Find the programs that the laboratory runs; a missing one fails in CI and skips elsewhere."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PACKAGES = {
    "baresip": "baresip-core",
    "certutil": "libnss3-tools",
    "chromium": "chromium",
    "curl": "curl",
    "exim4": "exim4-daemon-light",
    "faketime": "faketime",
    "initdb": "postgresql",
    "ip": "iproute2",
    "kamailio": "kamailio kamailio-tls-modules kamailio-sqlite-modules",
    "kamcmd": "kamailio",
    "linphone-daemon": "linphone-cli",
    "nft": "nftables",
    "postgres": "postgresql",
    "slapd": "slapd",
    "unshare": "util-linux",
    "zbarimg": "zbar-tools",
}


def need(program: str) -> str:
    """Return the path of *program*, or end the test naming the Debian package that brings it."""
    found = shutil.which(program, path=_search_path())
    if found is None:
        missing(f"{program} is not installed: apt-get install {PACKAGES.get(program, program)}")
    return found


def missing(reason: str) -> NoReturn:
    """Fail under `CI=true`, skip elsewhere: CI must never pass by leaving something out."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _search_path() -> str:
    """Daemons live where an ordinary user's PATH does not look."""
    postgres = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, postgres)])
