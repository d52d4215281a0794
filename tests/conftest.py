"""What holds for every test: it stays on this machine, and away from its user's own data."""

import errno
import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = [  # real components, see tests/lab/README.md; pki first, others import it
    "tests.lab.pki",
    "tests.lab.baresip",
    "tests.lab.chromium",
    "tests.lab.exim",
    "tests.lab.kamailio",
    "tests.lab.linphone",
    "tests.lab.postgres",
    "tests.lab.slapd",
    "tests.lab.smtp_sink",
    "tests.journeys.installation",
]

OWN_NAMES = {"", "localhost", socket.gethostname()}


def pytest_configure(config: pytest.Config) -> None:
    """Set up what no test has to ask for."""
    for name in [name for name in os.environ if name.startswith("OFFHOOK_")]:
        del os.environ[name]
    os.environ["OFFHOOK_HOME"] = str(Path(tempfile.gettempdir()) / "no-home-for-tests")
    in_ci = os.environ.get("CI") == "true"
    # Two busy cores make any deadline a matter of luck.
    hypothesis.settings.register_profile("offhook", deadline=None, derandomize=in_ci)
    hypothesis.settings.load_profile("offhook")
    sys.addaudithook(stay_on_loopback)


def stay_on_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """Let Python's sockets see a machine without a network."""
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if isinstance(address, tuple) and not is_own(address[0]):
            raise OSError(errno.ENETUNREACH, f"tests stay on loopback, {address[0]} is beyond")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if host is not None and not is_own(host) and not is_address(host):
            raise socket.gaierror(socket.EAI_NONAME, f"tests ask no name server for {host!r}")


def is_own(host: object) -> bool:
    """Tell whether a name or address is this machine's, reached without its network."""
    name = text(host)
    if is_address(name):
        address = ipaddress.ip_address(name.partition("%")[0])
        return address.is_loopback or address.is_unspecified
    return name in OWN_NAMES or name.endswith(".localhost")


def is_address(host: object) -> bool:
    """Tell whether a host is written as an address, which nobody has to be asked for."""
    try:
        ipaddress.ip_address(text(host).partition("%")[0])
    except ValueError:
        return False
    return True


def text(host: object) -> str:
    """Return a host as text, whichever way the caller wrote it."""
    return host.decode() if isinstance(host, bytes) else str(host)
