"""A running server presents a newer certificate to the next who connects, and drops nobody."""

import asyncio
import contextlib
import shutil
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve
from cryptography import x509

from offhook.app import App
from offhook.certificates.installing import install
from offhook.certificates.reading import read
from offhook.certificates.trust import Trust
from offhook_server.certificates import Certificates
from tests.core.certificates.authorities import intermediate, leaf, make_key, root
from tests.server.test_serving import Server

TOP = root()
MIDDLE = intermediate("Middle", TOP)


@pytest.fixture
def put(site, tmp_path):
    """Install a certificate for localhost; returns its serial number."""
    (tmp_path / "root.pem").write_bytes(TOP.pem)

    def do(key=None):
        own = leaf(MIDDLE, key=key)
        material = read(own.pem + MIDDLE.pem + own.key_pem, "own.pem")
        trust = Trust(str(tmp_path / "root.pem"))
        app = site.app
        install(app.settings, app.store, material, trust=trust, actor="", now=datetime.now(UTC))
        return own.certificate.serial_number

    return do


class Running:
    """A server that echoes lines, with the certificates of an installation."""

    def __init__(self, app: App, trusted: bytes) -> None:
        self.app, self.said = app, []
        self.tls = ssl.create_default_context(cadata=trusted.decode())

    async def __aenter__(self):
        certificates = Certificates(self.app, every=0.02)
        self.server = await asyncio.start_server(
            self._echo, "127.0.0.1", 0, ssl=certificates.open()
        )
        self.task = asyncio.create_task(certificates.follow(self.said.append))
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.wait([self.task])
        self.server.close()

    async def connect(self, name="localhost"):
        self.tls.check_hostname = bool(name)  # an empty one is not sent: who connects by address
        port = self.server.sockets[0].getsockname()[1]
        return await asyncio.open_connection("127.0.0.1", port, ssl=self.tls, server_hostname=name)

    async def serial(self, name="localhost"):
        """Connect anew, and return the serial number of what is presented."""
        reader, writer = await self.connect(name)
        serial = serial_of(writer)
        assert await exchange(reader, writer) == b"hello\n"
        writer.close()
        await writer.wait_closed()
        return serial

    async def becomes(self, serial):
        async with asyncio.timeout(10):
            while await self.serial() != serial:
                await asyncio.sleep(0.02)

    async def _echo(self, reader, writer):
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
        writer.close()


async def exchange(reader, writer):
    writer.write(b"hello\n")
    return await reader.readline()


def serial_of(writer):
    content = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(content).serial_number


def test_an_installed_certificate_is_presented_and_so_is_its_successor(site, put):
    async def act():
        first = put(make_key("rsa-2048"))
        async with Running(site.app, TOP.pem) as running:
            assert await running.serial() == first
            reader, writer = await running.connect()
            second = put(make_key("ec"))
            await running.becomes(second)
            third = put(make_key("rsa-2048"))
            await running.becomes(third)
            assert await running.serial(name="") == third
            assert await exchange(reader, writer) == b"hello\n", "who was connected still is"
            assert serial_of(writer) == first
            writer.close()
            assert running.said == ["A new certificate is served from now on."] * 2

    asyncio.run(act())


@pytest.fixture
def named(site, pki, tmp_path):
    """The installation with files of its own in the settings."""
    chain, key = tmp_path / "chain.pem", tmp_path / "own.key"
    shutil.copy(pki.leaf.chain, chain)
    shutil.copy(pki.leaf.key, key)
    settings = evolve(site.app.settings, certificate=str(chain), private_key=str(key))
    app = App(settings, actor="test")
    yield app
    app.store.close()


def test_files_that_change_are_presented_once_they_fit_again(named, pki):
    newer = leaf(MIDDLE)

    async def act():
        trusted = TOP.pem + pki.root.read_bytes()
        async with Running(named, trusted) as running:
            first = await running.serial()
            Path(named.settings.certificate).write_bytes(newer.pem + MIDDLE.pem)
            async with asyncio.timeout(10):
                while not running.said:
                    await asyncio.sleep(0.02)
            assert "The new certificate is not served, the one before still is." in running.said[0]
            assert "does not belong to the certificate" in running.said[0]
            assert await running.serial() == first
            Path(named.settings.private_key).write_bytes(newer.key_pem)
            await running.becomes(newer.certificate.serial_number)

    asyncio.run(act())


def test_without_any_certificate_there_is_no_tls(site):
    assert Certificates(site.app).open() is None


def test_the_whole_server_presents_an_installed_certificate_and_its_successor(
    site, put, pki, tmp_path
):
    first = put()
    server = Server(site, pki, tmp_path, certificate=False)
    server.tls = ssl.create_default_context(cadata=TOP.pem.decode())
    try:
        assert server.ask("/healthz").status == 200
        assert presented(server) == first
        second = put()
        server.process.wait_until(lambda: presented(server) == second, "it", timeout=20)
        assert presented(server, server.admin_port) == second
        assert "A new certificate is served from now on." in server.log()
    finally:
        server.process.stop()


def presented(server, port=None):
    content = ssl.get_server_certificate(("localhost", port or server.port))
    return x509.load_pem_x509_certificate(content.encode()).serial_number
