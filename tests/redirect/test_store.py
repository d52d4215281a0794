"""The store: the same on both databases, and shared by instances that ask at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from offhook.errors import InvalidInput, SettingsError, UnknownName, Unreachable
from offhook_redirector.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=60)
NORTH, SOUTH = "N" * 43 + "=", "S" * 43 + "="


@pytest.fixture
def north(store):
    store.add_server("north", NORTH, now=NOW)
    return NORTH


def open_route(store, server, **others):
    place = {"host": "phones.example.org", "port": 443, "client_format": "linphone"}
    return store.open_route(server, **{**place, "expires_at": LATER, **others})


def test_a_server_is_found_by_its_key(store, north):
    found = store.server(NORTH, now=NOW)

    assert (found.name, found.added_at, found.routes) == ("north", NOW, 0)
    assert store.server(SOUTH, now=NOW) is None


def test_servers_are_listed_by_name_with_their_living_routes(store, north):
    store.add_server("alpha", SOUTH, now=NOW)
    open_route(store, north)
    open_route(store, north, host="old.example.org", expires_at=NOW - timedelta(1))

    assert [(each.name, each.routes) for each in store.servers(now=NOW)] == [
        ("alpha", 0),
        ("north", 1),
    ]


@pytest.mark.parametrize(("name", "key"), [("north", SOUTH), ("south", NORTH)])
def test_a_name_and_a_key_are_taken_once(store, north, name, key):
    with pytest.raises(InvalidInput, match="server north already"):
        store.add_server(name, key, now=NOW)


def test_a_misspelt_server_is_not_removed(store, north):
    with pytest.raises(UnknownName) as caught:
        store.remove_server("nort")

    assert "north" in caught.value.hint


def test_a_nonce_is_taken_once_until_it_has_expired(store):
    assert store.take_nonce("a" * 64, expires_at=NOW)
    assert not store.take_nonce("a" * 64, expires_at=NOW)
    assert store.take_nonce("b" * 64, expires_at=NOW)

    store.forget(now=NOW + timedelta(seconds=1))

    assert store.take_nonce("a" * 64, expires_at=NOW)


def test_of_many_that_bring_the_same_nonce_at_once_one_is_let_in(store):
    with ThreadPoolExecutor(16) as crowd:
        taken = [*crowd.map(lambda _: store.take_nonce("c" * 64, expires_at=NOW), range(32))]

    assert taken.count(True) == 1


def test_of_many_that_claim_the_same_mail_at_once_one_gets_it(store):
    def claim(_):
        return store.claim_mail("d" * 64, keep=timedelta(days=30), now=NOW)

    with ThreadPoolExecutor(16) as crowd:
        taken = [*crowd.map(claim, range(32))]

    assert taken.count(True) == 1


def test_the_same_place_has_one_route_even_if_many_ask_at_once(store, north):
    with ThreadPoolExecutor(16) as crowd:
        routes = {each.id for each in crowd.map(lambda _: open_route(store, north), range(32))}

    assert len(routes) == 1
    assert store.route(routes.pop(), now=NOW).host == "phones.example.org"


def test_another_server_host_port_or_format_has_another_route(store, north):
    store.add_server("south", SOUTH, now=NOW)
    others = [{}, {"host": "b.example.org"}, {"port": 8443}, {"client_format": ""}]

    routes = [open_route(store, north, **each) for each in others] + [open_route(store, SOUTH)]

    assert len({each.id for each in routes}) == 5


def test_an_expired_route_leads_nowhere_and_is_forgotten(store, north):
    route = open_route(store, north)

    assert store.route(route.id, now=LATER)
    assert store.route(route.id, now=LATER + timedelta(seconds=1)) is None
    store.forget(now=LATER + timedelta(seconds=1))
    assert open_route(store, north).id != route.id


def test_without_its_server_a_route_is_gone(store, north):
    route = open_route(store, north)

    store.remove_server("north")

    assert store.route(route.id, now=NOW) is None


def test_a_mail_is_remembered_by_its_outcome(store):
    store.claim_mail("e" * 64, keep=timedelta(days=30), now=NOW)
    assert store.mail("e" * 64).status == "wire"

    store.settle_mail("e" * 64, "sent")
    assert (store.mail("e" * 64).status, store.mail("e" * 64).since) == ("sent", NOW)

    store.settle_mail("e" * 64, "")
    assert store.mail("e" * 64) is None


def test_two_instances_that_start_at_once_make_the_tables_once(postgres):
    address = postgres.create_database()
    stores = [Store(address) for _ in range(4)]

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda each: each.prepare(), stores))

    stores[0].add_server("north", NORTH, now=NOW)
    assert stores[3].server(NORTH, now=NOW)
    for each in stores:
        each.close()


def test_a_database_that_is_away_is_told_without_its_password():
    store = Store("postgresql://redirect:s3cret@127.0.0.1:1/redirect")

    with pytest.raises(Unreachable) as caught:
        store.check()

    assert "s3cret" not in caught.value.whole
    store.close()


def test_another_database_is_refused():
    with pytest.raises(SettingsError, match="no address"):
        Store("mysql://127.0.0.1/redirect")
