"""The real service: its command line, TLS, two instances on one database, and what it keeps."""

import base64
import http.client
import json
import os
import re
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from functools import partial

import pytest
import typer.testing

from offhook.errors import OffhookError
from offhook_redirector.commands import app
from tests.lab.processes import Process, free_port, listens, wait_until
from tests.redirect.conftest import Signer

OFFHOOK = [sys.executable, "-m", "offhook", "redirect"]
BROWSER = {"accept": "text/html"}


class Service:
    """A running ``offhook redirect serve`` over TLS; all instances have one public name."""

    def __init__(self, pki, folder, url, *options, **settings):
        self.port = free_port()
        self.tls = ssl.create_default_context(cafile=pki.root)
        self.url = url
        usual = {
            "public_url": url,
            "listen": f"127.0.0.1:{self.port}",
            "certificate": str(pki.leaf.chain),
            "private_key": str(pki.leaf.key),
            "ca_file": str(pki.root),
        }
        self.env = environment(folder, **{**usual, **settings})
        log = folder / f"serve-{self.port}.log"
        command = [*OFFHOOK, "serve", "--allow-loopback", *options]
        self.process = Process(command, log=log, env=self.env)
        self.process.wait_until(self.answers, "the service", timeout=30)

    def answers(self):
        """Tell whether it is ready."""
        return listens(self.port) and self.ask("/readyz", {}).status == 200

    def connect(self):
        """Return a connection, to be closed."""
        return closing(http.client.HTTPSConnection("localhost", self.port, context=self.tls))

    def ask(self, path, headers, *, method="GET", body=None, over=None):
        """Send one request, *over* a connection that is there or one of its own."""
        with nullcontext(over) if over else self.connect() as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.body = answer.read()
        return answer

    def post(self, signer, path, asked, over=None):
        """Post signed JSON, and return the JSON that comes back."""
        body = json.dumps(asked).encode()
        headers = signer.sign("POST", self.url + path, body)
        return json.loads(self.ask(path, headers, method="POST", body=body, over=over).body)


def environment(folder, **settings):
    """Return the environment of a service."""
    named = {f"OFFHOOK_REDIRECT_{name.upper()}": text for name, text in settings.items()}
    return {**os.environ, "OFFHOOK_HOME": str(folder), **named}


def offhook(env, *arguments):
    """Run a command of the service in this process; returns what it printed or failed for."""
    done = typer.testing.CliRunner().invoke(app, arguments, env=env)
    return done.output + (done.exception.whole if isinstance(done.exception, OffhookError) else "")


@pytest.fixture
def start(pki, tmp_path):
    """Start services that all have the same name."""
    started = []

    def start_service(*options, **settings):
        url = "https://redirect.example.test"
        started.append(Service(pki, tmp_path, url, *options, **settings))
        return started[-1]

    yield start_service
    for each in started:
        each.process.stop()


def test_two_instances_work_behind_one_name(start, postgres, host):
    database = postgres.create_database()
    one, other = start(database=database), start(database=database)
    signer = Signer()
    host.name(signer.key)
    assert "may use" in offhook(one.env, "servers", "add", "north", signer.key)
    headers = signer.sign("GET", f"{one.url}/v1/me")

    assert one.ask("/v1/me", headers).status == 200
    replayed = other.ask("/v1/me", headers)

    assert (replayed.status, json.loads(replayed.body)["code"]) == (401, "replayed")
    made = one.post(signer, "/v1/routes", {"host": "localhost", "port": host.port})
    assert other.ask(f"/{made['route']}/c/TOKEN", {}).status == 200
    again = other.post(signer, "/v1/routes", {"host": "localhost", "port": host.port})
    assert again["route"] == made["route"]
    assert re.search(r"^north .* 1 *$", offhook(other.env, "servers", "list"), re.M)


@pytest.mark.slow  # a thousand mails and a thousand links, each over a connection of its own
def test_of_users_nothing_is_kept_and_nothing_logged(start, start_sink, pki, tmp_path, host):
    sink = start_sink(tls="none")
    mail = {"smtp_host": "127.0.0.1", "smtp_port": str(sink.port), "smtp_security": "none"}
    service = start(**mail, requests_per_minute="100000")
    signer = Signer()
    host.name(signer.key)
    offhook(service.env, "servers", "add", "north", signer.key)
    made = service.post(signer, "/v1/routes", {"host": "localhost", "port": host.port})
    with ThreadPoolExecutor(4) as crowd:
        parts = [range(first, 1000, 4) for first in range(4)]
        secrets = set().union(*crowd.map(partial(deploy, service, signer, made["route"]), parts))
    refused = {"id": "x", "sender": "a@b.example", "recipient": "not-one@x y", "message": "!"}
    service.post(signer, "/v1/mails", refused)
    service.ask(f"/{'A' * 22}/c/TOKEN-OF-NOBODY", {})
    sink.wait_for(1000)

    service.process.stop()

    kept = service.process.log.read_bytes()
    assert kept.count(b'"event": "/v1/mails"') == 1001
    assert kept.count(b'"event": "/{route}/c/{token}"') == 1001
    for path in tmp_path.glob("redirect.sqlite*"):
        kept += path.read_bytes()
    secrets |= {b"not-one", b"TOKEN-OF-NOBODY", made["route"].encode(), b"example.org"}
    found = {each for each in secrets if each in kept}
    assert found == {made["route"].encode()}, "the route itself is kept, in the database"
    assert made["route"].encode() not in service.process.log.read_bytes()
    assert b"127.0.0.1" not in requests_in(service.process.log.read_bytes())


def deploy(service, signer, route, numbers):
    """Send users their mails, and use the links; returns what nobody may find afterwards."""
    with service.connect() as over:
        return set().union(
            *(deploy_one(service, over, signer, route, number) for number in numbers)
        )


def deploy_one(service, over, signer, route, number):
    """Do it for one user."""
    name, token = f"Surname{number:04}", base64.b32encode(os.urandom(12)).decode().rstrip("=")
    address, extension = f"{name.lower()}@example.org", f"+49 30 555{number:04}"
    text = f"To: {name} <{address}>\r\nSubject: {extension}\r\n\r\n{token}\r\n"
    mail = {
        "id": f"deployment-{token}",
        "sender": "phones@example.org",
        "recipient": address,
        "message": base64.b64encode(text.encode()).decode(),
    }
    assert service.post(signer, "/v1/mails", mail, over)["status"] == "sent"
    headers = BROWSER if number % 2 else {"user-agent": f"Phone of {name}"}
    assert service.ask(f"/{route}/c/{token}", headers, over=over).status == 200
    secrets = {name, name.lower(), token, address, extension, mail["message"], mail["id"]}
    return {each.encode() for each in secrets}


def requests_in(log):
    """Return the lines of a log that are about requests."""
    return b"\n".join(line for line in log.splitlines() if b'"event": "/' in line)


def test_the_test_setting_is_loud(start):
    assert "for tests only" in start().process.log.read_text()


def test_a_key_that_is_none_is_refused_with_the_reason(tmp_path):
    said = offhook(environment(tmp_path), "servers", "add", "north", "abc")

    assert "44 characters" in said
    assert offhook(environment(tmp_path), "servers", "list").strip() == "No server yet."


def test_servers_come_as_json_and_go(tmp_path):
    env, signer = environment(tmp_path), Signer()
    offhook(env, "servers", "add", "north", signer.key)

    (listed,) = json.loads(offhook(env, "servers", "list", "--json"))

    assert (listed["name"], listed["key"], listed["routes"]) == ("north", signer.key, 0)
    assert "gone" in offhook(env, "servers", "remove", "north")
    assert "no server 'north'" in offhook(env, "servers", "remove", "north")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"listen": "0.0.0.0:8445"}, "there is no certificate"),
        ({"public_url": "http://redirect.example.test"}, "use https://HOST"),
        ({"certificate": "/nowhere.pem"}, "private_key is not"),
        ({"smtp_port": "70000"}, "use a number from 0 to 65535"),
        ({"ca_file": "/nowhere.pem"}, "ca_file"),
        ({"database": "mysql://x"}, "no address"),
        ({"trusted_proxies": "nobody"}, "trusted_proxies"),
    ],
    ids=lambda each: "" if isinstance(each, str) else next(iter(each)),
)
def test_settings_that_cannot_be_used_are_named(tmp_path, settings, said):
    assert said in offhook(environment(tmp_path, **settings), "serve")


def test_the_file_is_read_and_its_mistakes_are_named(tmp_path):
    (tmp_path / "redirect.toml").write_text('public_uri = "https://redirect.example.test"\n')

    said = offhook(environment(tmp_path), "servers", "list")

    assert "public_uri: unknown setting" in said
    assert "redirect.toml" in said


def test_a_certificate_that_is_renewed_is_served_without_a_restart(start, pki, tmp_path):
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(pki.leaf.chain.read_bytes())
    key.write_bytes(pki.leaf.key.read_bytes())
    service = start(certificate=str(chain), private_key=str(key))
    renewed = pki.expired.chain.read_bytes()

    key.write_bytes(pki.expired.key.read_bytes())
    chain.write_bytes(renewed)

    def served():
        return ssl.get_server_certificate(("localhost", service.port))

    assert wait_until(lambda: served() in renewed.decode(), "the new certificate", timeout=20)
