"""Attempts from outside: for proved hosts only, at the addresses that were checked, no tricks."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from offhook.diagnostics import lookups
from tests.redirect.conftest import URL, Asker, Signer
from tests.redirect.hosts import running


def probe(server, port, *probes, **others):
    return server.post("/v1/probes", asked(port, *probes, **others))


def asked(port, *probes, **others):
    return {"host": "localhost", "port": port, "probes": list(probes), **others}


def https(port, path="/healthz"):
    return {"scheme": "https", "port": port, "path": path}


def told(outcome):
    return (outcome["stage"], outcome["kind"], outcome["code"])


def test_a_proved_host_is_tried(server, own_host):
    own_host.answers["/healthz"] = (200, {}, b"ok\n")

    answer = probe(
        server,
        own_host.port,
        https(own_host.port),
        https(own_host.port, "/gone"),
        {"scheme": "wss", "port": own_host.port},
        {"scheme": "tls", "port": own_host.port},
        https(1),
    ).json()

    assert told(answer["proof"]) == ("http", "ok", "200")
    assert [told(each) for each in answer["outcomes"]] == [
        ("http", "ok", "200"),
        ("http", "status", "404"),
        ("ws", "status", "404"),
        ("tls", "ok", ""),
        ("tcp", "os", "ECONNREFUSED"),
    ]
    assert answer["outcomes"][0]["hop"] == f"127.0.0.1:{own_host.port}"


def test_the_proof_is_asked_for_where_the_first_probe_by_https_goes(server, own_host):
    own_host.answers["/healthz"] = (200, {}, b"ok\n")
    probes = [{"scheme": "wss", "port": 1}, https(own_host.port)]

    answer = server.post("/v1/probes", {"host": "localhost", "probes": probes}).json()

    assert answer["proof"]["kind"] == "ok"
    assert len(answer["outcomes"]) == 2


def test_a_proof_is_remembered_for_ten_minutes(server, own_host, clock):
    for _ in range(2):
        probe(server, own_host.port)
    assert own_host.asked == ["/.well-known/offhook"]

    clock.ahead = timedelta(minutes=11)
    probe(server, own_host.port)
    assert len(own_host.asked) == 2


def test_a_proof_is_that_of_one_server_at_one_port(server, own_host, sqlite_store, pki):
    other = Asker(server.client, Signer())
    sqlite_store.add_server("south", other.key, now=datetime.now(UTC))
    assert probe(server, own_host.port).json()["proof"]["kind"] == "ok"

    assert probe(other, own_host.port).json()["proof"]["code"] == "other-key"
    with running(pki.leaf) as neighbour:
        assert told(probe(server, neighbour.port).json()["proof"]) == ("http", "status", "404")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {}, b""), ("http", "proof", "other-key")),
        ((200, {}, b"x" * 5000), ("http", "proof", "too-long")),
        ((404, {}, b"KEY\n"), ("http", "status", "404")),
        ((302, {"location": "/elsewhere"}, b"KEY\n"), ("http", "status", "302")),
        ((200, {}, b"# KEY\n"), ("http", "proof", "other-key")),
        ((200, {}, b"KEYKEY\n"), ("http", "proof", "other-key")),
        ((200, {}, b"\xff\xfe\n"), ("http", "proof", "other-key")),
        ((200, {}, b"first\r\nKEY\r\n"), ("http", "ok", "200")),
        ((200, {}, b"first\nKEY"), ("http", "ok", "200")),
    ],
)
def test_only_a_line_of_the_hosts_own_proves_it(server, host, answer, expected):
    status, headers, body = answer
    body = body.replace(b"KEY", server.key.encode())
    host.answers["/.well-known/offhook"] = (status, headers, body)
    host.answers["/elsewhere"] = (200, {}, server.key.encode())

    told_of = probe(server, host.port, https(host.port)).json()

    assert told(told_of["proof"]) == expected
    assert len(told_of["outcomes"]) == (expected[1] == "ok")
    assert "/elsewhere" not in host.asked


@pytest.mark.parametrize(
    ("certificate", "code"), [("self_signed", "18"), ("expired", "10"), ("wrong_name", "62")]
)
def test_a_host_with_a_bad_certificate_proves_nothing(server, pki, certificate, code):
    with running(getattr(pki, certificate)) as host:
        host.name(server.key)

        answer = probe(server, host.port, https(host.port)).json()

    assert told(answer["proof"]) == ("tls", "verify", code)
    assert answer["outcomes"] == []


def test_nobody_there_is_the_answer_to_the_proof(server):
    answer = probe(server, 1).json()

    assert told(answer["proof"]) == ("tcp", "os", "ECONNREFUSED")


def test_without_the_setting_loopback_is_left_alone(make_asker, host):
    server = make_asker({"allow_loopback": False})
    host.name(server.key)

    answer = probe(server, host.port, https(host.port))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-host")
    assert host.asked == []


def test_a_name_that_leads_inside_is_left_alone(make_asker, host, monkeypatch):
    server = make_asker({"allow_loopback": False})
    host.name(server.key)
    resolve(monkeypatch, ["127.0.0.1"])

    answer = server.post(
        "/v1/probes", {"host": "phones.example.org", "port": host.port, "probes": []}
    ).json()

    assert told(answer["proof"]) == ("dns", "address", "private")
    assert host.asked == []


def test_a_name_that_changes_its_mind_is_asked_only_once(server, own_host, monkeypatch):
    """DNS rebinding: the second answer would lead inside, so nobody asks for a second one."""
    lookups_made = resolve(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])

    answer = probe(server, own_host.port, https(own_host.port), https(own_host.port)).json()

    assert lookups_made == ["localhost"]
    assert {each["hop"] for each in answer["outcomes"]} == {f"127.0.0.1:{own_host.port}"}


def test_a_host_that_moves_has_to_prove_itself_again(server, own_host, monkeypatch):
    probe(server, own_host.port)
    resolve(monkeypatch, ["127.0.0.2"])

    probe(server, own_host.port)

    assert own_host.asked.count("/.well-known/offhook") == 1, "it listens at 127.0.0.1 only"
    assert told(probe(server, own_host.port).json()["proof"]) == ("tcp", "os", "ECONNREFUSED")


def test_no_proxy_takes_part(server, own_host, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert probe(server, own_host.port).json()["proof"]["kind"] == "ok"


def test_too_many_attempts_have_to_wait(make_asker, host):
    server = make_asker(probes_per_minute=5)
    host.name(server.key)
    four = [{"scheme": "tls", "port": host.port}] * 4

    assert probe(server, host.port, *four).status_code == 200
    assert probe(server, host.port, *four).status_code == 429


def test_proofs_are_attempts_too_so_that_nobody_scans_by_them(make_asker):
    server = make_asker(probes_per_minute=3)
    ask = {"host": "localhost", "port": 1}

    answers = [server.post("/v1/routes", ask), probe(server, 1), probe(server, 2)]

    assert [each.status_code for each in answers] == [403, 200, 200]
    assert server.post("/v1/routes", ask).status_code == 429
    assert probe(server, 3).status_code == 429


@pytest.mark.parametrize(
    "others",
    [
        {"probes": None},
        {"probes": [{"scheme": "https"}] * 9},
        {"probes": ["https"]},
        {"probes": [{"scheme": "gopher"}]},
        {"probes": [{}]},
        {"probes": [{"scheme": "https", "port": 0}]},
        {"probes": [{"scheme": "https", "port": 65536}]},
        {"probes": [{"scheme": "https", "port": "443"}]},
        {"probes": [{"scheme": "https", "port": True}]},
        {"probes": [{"scheme": "https", "path": "healthz"}]},
        {"probes": [{"scheme": "https", "path": "/ HTTP/1.1\r\nX: y"}]},
        {"probes": [{"scheme": "https", "path": "/" + "x" * 300}]},
        {"probes": [{"scheme": "https", "host": "127.0.0.1"}]},
        {"port": None},
        {"port": 1.5},
        {"host": 5},
        {"host": None},
        {"host": "127.0.0.1"},
        {"host": "2130706433"},
        {"host": "0x7f.1"},
        {"host": "[::ffff:127.0.0.1]"},
        {"ca": "PEM"},
    ],
    ids=str,
)
def test_what_cannot_be_tried_is_refused(server, own_host, others):
    answer = server.post("/v1/probes", {**asked(own_host.port), **others})

    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad-request", "bad-host")
    assert own_host.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"null", b'"x"', b"\xff", b"[" * 5000, b'{"\\ud800": 1}']
)
def test_what_is_no_json_object_is_refused(server, body):
    headers = server.signer.sign("POST", f"{URL}/v1/probes", body)

    answer = server.client.post("/v1/probes", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


def resolve(monkeypatch, *answers):
    """Let the resolver, which nobody may ask here, give these answers; returns the names asked."""
    hosts, left = [], list(answers)

    def getaddrinfo(host, port, **_):
        hosts.append(host)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(lookups.socket, "getaddrinfo", getaddrinfo)
    return hosts
