"""The real server: TLS, parallel requests, log lines, and a clean end."""

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from offhook.model.secrets import Secret
from tests.lab.processes import Process, free_port, listens
from tests.server.conftest import PASSWORD
from tests.server.test_downloads import BROWSER, CLIENT, UNKNOWN

OFFHOOK = [sys.executable, "-m", "offhook"]


class Server:
    """A running ``offhook serve`` over TLS."""

    def __init__(self, site, pki, folder, *, certificate=True):
        self.port, self.admin_port = free_port(), free_port()
        self.tls = ssl.create_default_context(cafile=pki.root)
        settings = site.app.settings
        self.env = {
            **os.environ,
            "OFFHOOK_HOME": str(folder),
            "OFFHOOK_DATABASE": settings.database,
            "OFFHOOK_KEYS": settings.keys,
            "OFFHOOK_PUBLIC_URL": f"https://localhost:{self.port}",
            "OFFHOOK_DOWNLOADS_LISTEN": f"127.0.0.1:{self.port}",
            "OFFHOOK_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "OFFHOOK_CERTIFICATE": str(pki.leaf.chain),
            "OFFHOOK_PRIVATE_KEY": str(pki.leaf.key),
        }
        if not certificate:
            del self.env["OFFHOOK_CERTIFICATE"], self.env["OFFHOOK_PRIVATE_KEY"]
        command = [*OFFHOOK, "serve", "--no-worker"]
        self.process = Process(command, log=folder / "serve.log", env=self.env)
        self.process.wait_until(lambda: listens(self.admin_port), "the server", timeout=20)

    def ask(self, path, headers=CLIENT, *, method="GET", body=None, port=None):
        """Send one request on a connection of its own."""
        connection = http.client.HTTPSConnection(
            "localhost", port or self.port, context=self.tls, timeout=30
        )
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def log(self):
        """Return everything it printed and logged."""
        return self.process.log.read_text()


@pytest.fixture
def server(site, pki, tmp_path):
    """A running server on both databases."""
    running = Server(site, pki, tmp_path)
    yield running
    running.process.stop()


def test_of_fifty_requests_at_once_for_three_downloads_three_get_one(site, server):
    token = site.deployed()

    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: server.ask(f"/c/{token}"), range(50)))

    delivered = [answer.body for answer in answers if answer.status == 200]
    assert len(delivered) == 3
    assert len(set(delivered)) == 3, "each device has an address of its own"
    assert {answer.status for answer in answers} == {200, 404}
    assert len({answer.body for answer in answers if answer.status == 404}) == 1
    assert site.deployment().downloads_left == 0
    with site.store.read() as tx:
        assert len(tx.devices.of_user("user-7328")) == 3


def test_a_client_that_signs_in_many_times_at_once_is_one_device(site, server):
    path = f"/f/offhook?token={site.deployed()}&device=phone-1"

    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda _: server.ask(path).status, range(20)))

    assert answers == [200] * 20
    assert site.deployment().downloads_left == 2
    with site.store.read() as tx:
        assert len(tx.devices.of_user("user-7328")) == 1


def test_no_token_and_no_secret_is_in_the_log(site, server):
    token = site.deployed("1", pin=Secret("471147"))
    plain = site.deployed("2")
    server.ask(f"/d/{token}", BROWSER)
    form = {"content-type": "application/x-www-form-urlencoded"}
    server.ask(f"/d/{token}/pin", form, method="POST", body="pin=471148")
    granted = server.ask(f"/d/{token}/pin", form, method="POST", body="pin=471147").body.decode()
    grant = re.search(r"//[^/]+/c/([-\w]+)", granted)[1]
    config = server.ask(f"/c/{plain}").body.decode()
    device_token = re.search(r"/r/([-\w]+)", config)[1]
    for path in (f"/c/{grant}", f"/r/{device_token}", f"/f/offhook?token={plain}&device=d-1"):
        assert server.ask(path).status == 200
    for path in (f"/c/{UNKNOWN}", f"/d/{UNKNOWN}", f"/%00/{plain}", f"/c/{plain}/%zz"):
        server.ask(path)
    server.process.stop()

    log = server.log()

    for secret in (token, plain, grant, device_token, UNKNOWN, "471147", "471148", PASSWORD):
        assert secret not in log
        assert secret.replace("-", "") not in log
    assert '"event": "/c"' in log
    assert '"reason": "unknown"' in log
    assert '"reason": "wrong-pin"' in log


def test_the_portal_answers_on_its_own_port(server):
    assert server.ask("/readyz", port=server.admin_port).body == b"ready\n"
    assert server.ask("/login", BROWSER, port=server.admin_port).status == 200
    assert server.ask("/login", BROWSER).status == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_ends_cleanly(server, number):
    server.ask("/healthz")
    server.process.stop(number, timeout=10)

    assert server.process._popen.returncode == 0
    assert "Traceback" not in server.log()
    assert f"https://127.0.0.1:{server.port}" in server.log()


def test_what_stands_in_the_way_is_a_sentence_and_status_one(server):
    done = subprocess.run(
        [*OFFHOOK, "serve", "--no-worker"], env=server.env, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "another program uses it already" in done.stderr
    assert "Traceback" not in done.stderr
