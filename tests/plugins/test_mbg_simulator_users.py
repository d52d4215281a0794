"""The simulated border gateway keeps SIP users as a real one is known to, faults included."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
import requests

from offhook_simulators.exports import Person
from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import (
    CODES,
    CONSUMER_ID,
    HQ,
    PATHS,
    READ_PASSWORDS,
    WRITE_USERS,
    Icp,
)
from tests.plugins.mbg_visitor import Visitor, refusal, visiting

USERS = PATHS["sip_users"]
STRONG = "Correct-Horse-7"
NEW = {
    "setSideUsername": "smithj-7328",
    "setSidePassword": STRONG,
    "icpSideUsername": "7328",
    "configuredIcp": HQ.address,
}


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with visiting() as visitor:
        yield visitor


def one(user: str) -> str:
    return PATHS["sip_user"].format(id=user)


def found(visitor: Visitor, name: str) -> list[dict[str, Any]]:
    query = {"setSideUsername": name, "withPasswords": "true"}
    items: list[dict[str, Any]] = visitor.ask("GET", USERS, query=query).json()["sipUsers"]
    return items


def create(visitor: Visitor, **other: Any) -> requests.Response:
    return visitor.ask("POST", USERS, json=NEW | other)


def test_pages_hold_everybody_once_in_order(visitor: Visitor) -> None:
    lengths, numbers = [], []
    for page in range(4):
        body = visitor.ask("GET", USERS, query={"page": page, "size": 10}).json()
        assert (body["page"], body["size"], body["total"]) == (page, 10, 30)
        lengths.append(len(body["sipUsers"]))
        numbers += [each["icpSideUsername"] for each in body["sipUsers"]]
    assert lengths == [10, 10, 10, 0]
    assert numbers == [Person(index).number for index in range(30)]


def test_users_are_those_of_the_exports_and_always_the_same() -> None:
    mbg = Mbg(20_000)
    last = mbg.users.shown("20000", password=True)
    assert last["setSideUsername"] == "u29999-29999"
    assert last["setSidePassword"] == Mbg(20_000).users.password("u29999-29999")
    assert last["description"] == " ".join(Person(19_999).names)
    passwords = {mbg.users.password(f"u{number}-{number}") for number in range(10_000, 30_000)}
    assert len(passwords) == 20_000


def test_passwords_are_read_where_they_are_asked_for_and_permitted(visitor: Visitor) -> None:
    plain = visitor.ask("GET", one("1")).json()
    asked = visitor.ask("GET", one("1"), query={"withPasswords": "true"}).json()
    assert asked == plain | {"setSidePassword": visitor.mbg.users.password("u10000-10000")}
    assert "icpSidePassword" not in asked
    consumer = visitor.mbg.oauth.consumers[CONSUMER_ID]
    consumer.permissions = tuple(each for each in consumer.permissions if each != READ_PASSWORDS)
    for path in (USERS, one("1")):
        answer = visitor.ask("GET", path, query={"withPasswords": "true"})
        assert refusal(answer) == (403, "permission_denied")
        assert visitor.ask("GET", path).status_code == 200


def test_a_user_is_made_found_changed_and_removed(visitor: Visitor) -> None:
    answer = create(visitor)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["availability"], made["clusterZone"]) == ("Everywhere", "Default")
    assert (made["enabled"], made["consumerId"]) == (True, CONSUMER_ID)
    (user,) = found(visitor, "smithj-7328")
    assert user == made | {"setSidePassword": STRONG}
    change = {"setSidePassword": STRONG + "!", "setSideUsername": "smithj-7329"}
    assert visitor.ask("PUT", one(made["id"]), json=change).status_code == 200
    assert found(visitor, "smithj-7328") == []
    (user,) = found(visitor, "smithj-7329")
    assert user == made | change
    assert visitor.ask("DELETE", one(made["id"])).json() == {"id": made["id"]}
    assert found(visitor, "smithj-7329") == []
    assert refusal(visitor.ask("GET", one(made["id"]))) == (404, "user_unknown")
    assert create(visitor).json()["id"] != made["id"]


def test_a_user_of_another_consumer_can_be_overwritten_but_not_removed(visitor: Visitor) -> None:
    name = "u10002-10002"
    assert visitor.ask("PUT", one("3"), json={"setSidePassword": STRONG}).status_code == 200
    assert visitor.mbg.users.password(name) == STRONG
    assert refusal(visitor.ask("DELETE", one("3"))) == (403, "not_owner")
    assert len(found(visitor, name)) == 1


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"configuredIcp": "192.0.2.11"}, "icp_mismatch"),
        ({"configuredIcp": HQ.name}, "icp_mismatch"),
        ({"setSidePassword": "Short-7"}, "weak_password"),
        ({"setSidePassword": "OnlyLetters"}, "weak_password"),
        ({"setSideUsername": "u10000-10000"}, "name_in_use"),
        ({"setSideUsername": ""}, "field_invalid"),
        ({"setSidePassword": None}, "field_invalid"),
        ({"availability": "Nowhere"}, "field_invalid"),
        ({"clusterZone": "Moon"}, "field_invalid"),
        ({"enabled": "yes"}, "field_invalid"),
        ({"colour": "red"}, "field_invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    visitor: Visitor, other: dict[str, Any], code: str
) -> None:
    before = found(visitor, "u10004-10004")
    assert refusal(create(visitor, **other)) == (CODES[code], code)
    assert refusal(visitor.ask("PUT", one("5"), json=other)) == (CODES[code], code)
    assert (len(visitor.mbg.users), found(visitor, "u10004-10004")) == (30, before)


@pytest.mark.parametrize("password", ["My-smithj-7328", "Phone-7328"])
def test_a_password_with_the_name_or_the_number_in_it_is_weak(
    visitor: Visitor, password: str
) -> None:
    assert refusal(create(visitor, setSidePassword=password)) == (422, "weak_password")


def test_what_is_permitted_by_an_administrator_passes(visitor: Visitor) -> None:
    visitor.mbg.settings.weak = True
    visitor.mbg.settings.icps.append(Icp("Branch", "192.0.2.11"))
    weak = {"setSidePassword": "1234", "configuredIcp": "192.0.2.11", "clusterZone": "Branch"}
    assert create(visitor, **weak).status_code == 201
    assert visitor.mbg.users.password("smithj-7328") == "1234"


@pytest.mark.parametrize("name", ["u1#001-1#001", "müller ö-10", "a&b=c+d%41-7"])
def test_any_name_is_held_and_found(visitor: Visitor, name: str) -> None:
    assert create(visitor, setSideUsername=name, icpSideUsername="1#001").status_code == 201
    (user,) = found(visitor, name)
    assert (user["setSideUsername"], user["icpSideUsername"]) == (name, "1#001")


def test_a_page_is_no_larger_than_the_largest() -> None:
    with visiting(501) as visitor:
        body = visitor.ask("GET", USERS, query={"size": "1000"}).json()
    assert (len(body["sipUsers"]), body["size"], body["total"]) == (500, 500, 501)


@pytest.mark.parametrize("query", [{"page": "-1"}, {"page": "x"}, {"size": "9" * 20}])
def test_a_page_is_a_number(visitor: Visitor, query: dict[str, str]) -> None:
    assert refusal(visitor.ask("GET", USERS, query=query)) == (400, "field_invalid")


def test_who_may_only_read_writes_nothing(visitor: Visitor) -> None:
    consumer = visitor.mbg.oauth.consumers[CONSUMER_ID]
    consumer.permissions = tuple(each for each in consumer.permissions if each != WRITE_USERS)
    change, removal = visitor.ask("PUT", one("1"), json={}), visitor.ask("DELETE", one("1"))
    answers = [create(visitor), change, removal]
    assert [refusal(answer) for answer in answers] == [(403, "permission_denied")] * 3
    assert len(visitor.mbg.users) == 30


def test_users_can_be_other_ones_from_the_start() -> None:
    changes = {1: {"enabled": False}, 2: {"setSideUsername": "u1#002-1#002"}}
    with visiting(5, changes=changes) as visitor:
        users = visitor.ask("GET", USERS).json()["sipUsers"]
        assert [user["enabled"] for user in users] == [True, False, True, True, True]
        assert found(visitor, "u1#002-1#002")[0]["id"] == "3"
        assert found(visitor, "u10002-10002") == []


def test_the_cluster_and_the_settings_are_told(visitor: Visitor) -> None:
    visitor.mbg.nodes[1].version = "11.5"
    visitor.mbg.settings.certificate = "Web server"
    nodes = visitor.ask("GET", PATHS["cluster"]).json()["nodes"]
    told = [(each["role"], each["zone"], each["weight"], each["version"][:4]) for each in nodes]
    assert told == [("master", "Default", 100, "12.1"), ("slave", "Branch", 100, "11.5")]
    settings = visitor.ask("GET", PATHS["settings"]).json()
    assert settings["sipTlsCertificate"] == "Web server"
    assert settings["icps"] == [{"name": "HQ", "address": HQ.address}]


@pytest.mark.parametrize("status", [404, 503])
def test_stopped_services_answer_nothing(visitor: Visitor, status: int) -> None:
    visitor.mbg.stopped = status
    for path in (*(PATHS[name] for name in ("approve", "tokens", "sip_users")), one("1")):
        assert refusal(visitor.ask("GET", path)) == (status, "service_stopped")
    visitor.mbg.stopped = 0
    assert visitor.ask("GET", USERS).status_code == 200


def test_a_batch_fails_in_the_middle_until_it_does_not(visitor: Visitor) -> None:
    faults = visitor.mbg.faults
    faults.failing_page, faults.failing_users = 1, {"4", "u10004-10004", "smithj-7328"}
    pages = [visitor.ask("GET", USERS, query={"page": page, "size": 10}) for page in range(3)]
    assert [page.status_code for page in pages] == [200, 500, 200]
    read = [visitor.ask("GET", one(user)) for user in ("3", "4", "5")]
    written = [visitor.ask("PUT", one(user), json={"enabled": False}) for user in ("3", "4", "5")]
    assert [answer.status_code for answer in (*read, *written)] == [200, 500, 500] * 2
    assert create(visitor).status_code == 500
    assert visitor.mbg.calls["sip_users"] == visitor.mbg.calls["change"] == 3
    faults.failing_page, faults.failing_users = -1, set()
    assert visitor.ask("GET", USERS, query={"page": 1}).status_code == 200
    assert found(visitor, "u10004-10004")[0]["enabled"] is True


def test_a_call_fails_or_is_cut_short_by_its_name(visitor: Visitor) -> None:
    visitor.mbg.faults.failing = {"renew"}
    assert refusal(visitor.ask("POST", PATHS["renew"])) == (500, "internal_error")
    visitor.mbg.faults.truncated, visitor.mbg.faults.truncated_page = {"settings"}, 1
    answers = [visitor.ask("GET", USERS, query={"page": page, "size": 2}) for page in range(2)]
    answers[0].json()
    for answer in (answers[1], visitor.ask("GET", PATHS["settings"])):
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_answers_can_be_slow_and_nonces_be_taken_for_used_ones(visitor: Visitor) -> None:
    visitor.mbg.faults.seconds, visitor.mbg.oauth.replays = 0.2, 1
    began = monotonic()
    assert refusal(visitor.ask("GET", USERS)) == (401, "nonce_used")
    assert monotonic() - began >= 0.2
    assert visitor.ask("GET", USERS).status_code == 200
