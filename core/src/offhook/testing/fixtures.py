"""Fixtures for the tests of plugins: a pytest plugin, there wherever offhook is installed."""

import socket
from typing import Any

import pytest

from offhook.api import ConfigDocument, Connection
from offhook.doors import Plugins
from offhook.testing.contracts import PluginContract
from offhook.testing.samples import sample_connection, sample_document


@pytest.fixture
def dead_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Cut the network: no name resolves, nothing connects. Returns what was attempted."""
    attempts: list[str] = []

    def no_name(host: Any, *_: Any, **__: Any) -> Any:
        attempts.append(f"getaddrinfo {host}")
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    def no_way(_: socket.socket, address: Any) -> Any:
        attempts.append(f"connect {address}")
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    monkeypatch.setattr(socket.socket, "connect", no_way)
    monkeypatch.setattr(socket.socket, "connect_ex", no_way)
    return attempts


@pytest.fixture
def plugins(request: pytest.FixtureRequest) -> Plugins:
    """The door: to the plugin of a `PluginContract`, elsewhere to everything installed."""
    contract = request.cls
    if contract and issubclass(contract, PluginContract):
        return Plugins({contract.name(): contract.plugin})
    return Plugins.installed()


@pytest.fixture
def connection(request: pytest.FixtureRequest) -> Connection[Any]:
    """A connection of the plugin under test, with the options of its `PluginContract`."""
    contract = request.cls
    return sample_connection(contract.name(), contract.options)


@pytest.fixture
def document() -> ConfigDocument:
    """A document with one account and every setting."""
    return sample_document()
