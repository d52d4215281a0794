"""Routes: made for proved hosts only, found by clients and persons, and forgotten in time."""

from datetime import datetime, timedelta

import pytest

from offhook_server.clients import OWN_TYPE

BROWSER = {"accept": "text/html,application/xhtml+xml"}
TOKEN = "AB3DE-FGH1J-KLMN0-PQRST"


def open_route(server, host, **others):
    return server.post("/v1/routes", {"host": "localhost", "port": host.port, **others})


def test_a_proved_host_gets_a_route(server, own_host, clock):
    answer = open_route(server, own_host).json()

    assert len(answer["route"]) == 22, "128 bits"
    assert answer["address"] == f"https://redirect.example.test/{answer['route']}"
    left = datetime.fromisoformat(answer["expires_at"]) - clock()
    assert timedelta(days=59) < left <= timedelta(days=60)


def test_asked_again_the_route_is_the_same_and_lives_longer(server, own_host, clock):
    first = open_route(server, own_host).json()
    clock.ahead = timedelta(days=30)

    second = open_route(server, own_host).json()

    assert second["route"] == first["route"]
    assert second["expires_at"] > first["expires_at"]
    assert server.get("/v1/me").json()["routes"] == 1


def test_a_client_is_told_where_to_go_on(server, own_host):
    route = open_route(server, own_host).json()["route"]

    answer = server.client.get(f"/{route}/c/{TOKEN}", headers={"accept": "*/*"})

    assert answer.status_code == 200
    assert answer.json()["url"] == f"https://localhost:{own_host.port}/c/{TOKEN}"
    assert answer.headers["content-type"] == OWN_TYPE
    assert answer.headers["cache-control"] == "no-store"


def test_a_client_of_a_known_format_is_told_in_its_own_words(server, own_host):
    route = open_route(server, own_host, format="linphone").json()["route"]

    answer = server.client.get(f"/{route}/c/{TOKEN}", headers={"accept": "*/*"})

    assert answer.headers["content-type"] == "application/xml"
    assert f"https://localhost:{own_host.port}/c/{TOKEN}" in answer.text
    asked = server.client.get(f"/{route}/c/{TOKEN}", headers={"accept": OWN_TYPE})
    assert asked.headers["content-type"] == OWN_TYPE


@pytest.mark.parametrize("name", ["acrobits", "of-somebody-else"])
def test_a_format_without_words_for_it_gets_ours(server, own_host, name):
    route = open_route(server, own_host, format=name).json()["route"]

    answer = server.client.get(f"/{route}/c/{TOKEN}", headers={"accept": "*/*"})

    assert answer.headers["content-type"] == OWN_TYPE


@pytest.mark.parametrize("name", ["UPPER", "x" * 65, 5, "a b", "../x"])
def test_what_is_no_name_of_a_format_is_refused(server, own_host, name):
    assert open_route(server, own_host, format=name).json()["code"] == "bad-request"


@pytest.mark.parametrize("kind", ["c", "d"])
def test_a_browser_is_shown_the_way_to_the_page(server, own_host, kind):
    route = open_route(server, own_host).json()["route"]

    answer = server.client.get(f"/{route}/{kind}/{TOKEN}", headers=BROWSER)

    assert answer.status_code == 200
    assert f'href="https://localhost:{own_host.port}/d/{TOKEN}"' in answer.text
    assert f"url=https://localhost:{own_host.port}/d/{TOKEN}" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_whatever_is_wrong_the_page_is_the_same(server, own_host, clock):
    route = open_route(server, own_host).json()["route"]
    gone = [
        f"/{route}x/c/{TOKEN}",
        f"/{'A' * 22}/c/{TOKEN}",
        f"/{'A' * 22}/d/{TOKEN}",
        f"/{route}/c/%3Cscript%3E",
        f"/{route}/c/{'x' * 200}",
        f"/{route}/x/{TOKEN}",
        f"/{route}",
        "/",
        "/c/x",
    ]
    clock.ahead = timedelta(days=61)
    gone.append(f"/{route}/c/{TOKEN}")

    answers = [server.client.get(path, headers=BROWSER) for path in gone]

    assert {each.status_code for each in answers} == {404}
    assert len({each.text for each in answers}) == 1


def test_who_looks_for_routes_too_often_has_to_wait(server, own_host):
    route = open_route(server, own_host).json()["route"]
    for _ in range(60):
        server.client.get(f"/{'A' * 22}/c/{TOKEN}")

    assert server.client.get(f"/{route}/c/{TOKEN}").status_code == 429


def test_a_host_that_does_not_name_the_key_gets_no_route(server, host):
    host.name("somebody else's")

    answer = open_route(server, host)

    assert answer.status_code == 403
    assert answer.json()["code"] == "unproved"
    assert answer.json()["proof"]["kind"] == "proof"
    assert answer.json()["proof"]["code"] == "other-key"
    assert server.get("/v1/me").json()["routes"] == 0


def test_a_removed_servers_routes_lead_nowhere(server, own_host, sqlite_store):
    route = open_route(server, own_host).json()["route"]

    sqlite_store.remove_server("north")

    assert server.client.get(f"/{route}/c/{TOKEN}").status_code == 404
