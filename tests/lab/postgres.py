"""A private PostgreSQL server for the tests, thrown away afterwards: fast, not durable."""

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.lab.processes import LabError, Process, free_port, private_folder
from tests.lab.programs import need

_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class Postgres:
    """A running server on loopback, and as many empty databases as the tests ask for."""

    def __init__(self, process: Process, port: int) -> None:
        self.process, self.port = process, port
        self._numbers = itertools.count(1)

    def create_database(self) -> str:
        """Make an empty database and return its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(_address(self.port), autocommit=True) as connection:
            connection.execute(f"create database {name}")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this session's own."""
    need("initdb")
    owner = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with private_folder("postgres", owner=owner) as folder:
        _initialise(folder / "data", owner)
        server = _start(folder, owner)
        try:
            yield server
        finally:
            server.process.stop(signal.SIGQUIT)


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of an empty PostgreSQL database of this test's own."""
    return postgres.create_database()


def _initialise(data: Path, owner: str | None) -> None:
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    result = subprocess.run(
        [need("initdb"), "-D", str(data), "--no-instructions", *options],
        user=owner,
        group=owner,
        extra_groups=[] if owner else None,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if result.returncode:
        raise LabError(f"initdb: {result.stderr}")


def _start(folder: Path, owner: str | None) -> Postgres:
    port = free_port()
    settings = [f"--{name}={value}" for name, value in {**_FAST, "port": str(port)}.items()]
    command = [need("postgres"), "-D", str(folder / "data"), *settings]
    process = Process(command, log=folder / "log.txt", cwd=Path("/"), user=owner)
    try:
        process.wait_until(lambda: _accepts(port), "PostgreSQL to accept connections", timeout=20)
    except LabError:
        process.stop(signal.SIGQUIT)
        raise
    return Postgres(process, port)


def _accepts(port: int) -> bool:
    try:
        psycopg.connect(_address(port), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _address(port: int) -> str:
    return f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
