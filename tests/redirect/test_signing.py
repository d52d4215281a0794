"""Who may ask: only a known key, with everything signed, in time, and only once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook_redirector.problems import Problem
from offhook_redirector.signing import Message, identify
from tests.redirect.conftest import COMPONENTS, URL, Asker, Signer


def test_a_known_server_is_told_its_name(server):
    answer = server.get("/v1/me")

    assert answer.status_code == 200
    assert answer.json() == {"name": "north", "routes": 0}


def test_a_key_that_nobody_added_is_told_so(client):
    answer = Asker(client, Signer()).get("/v1/me")

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown-server"
    assert "servers add" in answer.json()["detail"]


def test_a_removed_server_is_a_stranger(server, sqlite_store):
    sqlite_store.remove_server("north")

    assert server.get("/v1/me").json()["code"] == "unknown-server"


def test_a_request_counts_only_once(server):
    headers = server.signer.sign("GET", f"{URL}/v1/me")

    answers = [server.client.get("/v1/me", headers=headers) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 401]
    assert answers[1].json()["code"] == "replayed"


def test_the_name_of_the_service_is_its_own_not_what_a_request_says(server):
    stolen = server.signer.sign("GET", "https://other.example.test/v1/me")

    answer = server.client.get("/v1/me", headers={**stolen, "host": "other.example.test"})

    assert refused(answer)


@pytest.mark.parametrize("left_out", COMPONENTS)
def test_what_is_not_signed_is_refused(server, left_out):
    covered = tuple(each for each in COMPONENTS if each != left_out)
    body = None if left_out == "content-digest" else b""

    assert refused(server.get("/v1/me", covered_component_ids=covered, body=body))


@pytest.mark.parametrize(
    "others",
    [
        {"expires": None},
        {"expires": datetime.now(UTC) + timedelta(seconds=300)},
        {"nonce": None},
        {"nonce": "short"},
        {"nonce": "x" * 129},
        {"created": datetime.now(UTC) - timedelta(seconds=90)},
        {
            "created": datetime.now(UTC) - timedelta(seconds=60),
            "expires": datetime.now(UTC) - timedelta(seconds=10),
        },
        {"created": datetime.now(UTC) + timedelta(seconds=30)},
        {"expires": datetime.now(UTC) - timedelta(seconds=1), "created": datetime.now(UTC)},
    ],
    ids=lambda others: " ".join(others),
)
def test_times_and_nonce_must_be_there_and_fit(server, others):
    assert refused(server.get("/v1/me", **others))


def test_another_body_method_path_or_query_is_refused(server):
    def sign():
        return server.signer.sign("POST", f"{URL}/v1/routes", b'{"host": "a.example"}')

    ask = server.client.request

    assert refused(ask("POST", "/v1/routes", content=b'{"host": "b.example"}', headers=sign()))
    assert refused(ask("POST", "/v1/probes", content=b'{"host": "a.example"}', headers=sign()))
    assert refused(ask("POST", "/v1/routes?x", content=b'{"host": "a.example"}', headers=sign()))
    assert refused(server.client.get("/v1/me", headers=server.signer.sign("POST", f"{URL}/v1/me")))


def test_a_signature_by_another_key_is_refused(server):
    headers = Signer().sign("GET", f"{URL}/v1/me")
    own = server.signer.sign("GET", f"{URL}/v1/me")

    assert refused(server.client.get("/v1/me", headers={**own, "Signature": headers["Signature"]}))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Signature": "x"},
        {"Signature-Input": "a=();created=1", "Signature": "a=::"},
        {"Signature-Input": 'a=("@method");keyid="x"', "Signature": "a=:AAAA:"},
        {"Signature-Input": "\xff", "Signature": "\xff"},
    ],
)
def test_what_is_no_signature_is_refused(server, headers):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    assert refused(server.client.get("/v1/me", headers=raw))


PARAMETERS = st.text() | st.sampled_from(
    ['a=("@method");created=1;keyid="x"', "a=()", "a=1", "a", 'a=("@method" "@method");keyid=""']
)


@given(PARAMETERS, st.text() | st.sampled_from(["a=:AAAA:", "a=::", "b=:AAAA:", "a=1"]))
def test_whatever_a_signature_says_it_is_refused_and_no_more(parameters, signature):
    message = Message("GET", URL, {"signature-input": parameters, "signature": signature})

    with pytest.raises(Problem) as caught:
        identify(None, message, b"", now=datetime.now(UTC))

    assert caught.value.code == "bad-signature"


def test_who_signs_badly_too_often_has_to_wait(server):
    for _ in range(60):
        assert server.client.get("/v1/me").status_code == 401

    answer = server.get("/v1/me")

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"


def test_a_server_that_asks_too_often_has_to_wait(make_asker):
    server = make_asker(requests_per_minute=3)

    assert [server.get("/v1/me").status_code for _ in range(4)] == [200, 200, 200, 429]


def refused(answer) -> bool:
    """Tell whether a request was refused for its signature, in the form of a problem."""
    return (answer.status_code, answer.json()["code"]) == (401, "bad-signature")
