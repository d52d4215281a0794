"""The simulated MX-ONE keeps to what is documented, or what passes with it would prove nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from attrs import define, field
from starlette.testclient import TestClient

from offhook_simulators.mx_one import ADMINISTRATOR, OPERATOR, PASSWORD, Faults, MxOne

ROLES, USERS = "/user-ms/micollab/fetchRoles", "/user-ms/users/v1"
CODES = "/pm-extension-ms/auth-code/v1"
ERROR = {"mitelErrorCode", "errorMsg", "developerMsg", "responseStatus", "responseCode"}


@define
class Trial:
    """A system whose time stands still, and somebody who logs in there."""

    faults: Faults = field(factory=Faults)
    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    system: MxOne = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.system = MxOne(users=45, faults=self.faults, clock=lambda: self.now)

    def ask(self, method: str, path: str, token: str = "", **given: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = TestClient(self.system.app).request(method, path, headers=headers, **given)
        return answer.status_code, answer.json()

    def log_in(self, username: str = ADMINISTRATOR, password: str = PASSWORD) -> tuple[int, Any]:
        login = {"username": username, "password": password}
        return self.ask("POST", "/auth/login", json=login)

    def token(self, username: str = ADMINISTRATOR) -> str:
        return str(self.log_in(username)[1]["token"])


def test_a_login_gives_a_token_a_refresh_token_and_what_it_is() -> None:
    status, body = Trial().log_in()
    assert status == 200
    assert set(body) == {"token", "refreshToken", "version", "build", "brand"}
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 45 * 60


@pytest.mark.parametrize("minutes", [44, 46])
def test_a_token_lasts_for_45_minutes(minutes: int) -> None:
    trial = Trial()
    token = trial.token()
    trial.now += timedelta(minutes=minutes)
    status, body = trial.ask("GET", USERS, token)
    assert status == (200 if minutes < 45 else 401)
    assert ("content" in body) == (minutes < 45)


def test_a_refresh_token_gives_another_one_once() -> None:
    trial = Trial()
    body = trial.log_in()[1]
    trial.now += timedelta(hours=1)
    given = {"json": {"refreshToken": body["refreshToken"]}}
    status, again = trial.ask("POST", "/auth/refresh", **given)
    assert (status, trial.ask("GET", USERS, again["token"])[0]) == (200, 200)
    assert trial.ask("POST", "/auth/refresh", **given)[0] == 401


@pytest.mark.parametrize(
    ("token", "status"), [("", 401), ("made.up.token", 401), (OPERATOR, 403), (ADMINISTRATOR, 200)]
)
def test_roles_are_for_administrators_and_errors_have_their_five_keys(
    token: str, status: int
) -> None:
    trial = Trial()
    known = trial.token(token) if token in (OPERATOR, ADMINISTRATOR) else token
    answered, body = trial.ask("GET", ROLES, known)
    assert answered == status
    if status == 200:
        assert set(body[0]) == {"roles", "idsConnection"}
    else:
        assert set(body) == ERROR
        assert body["responseCode"] == status


def test_a_token_of_another_system_is_none_here() -> None:
    assert Trial().ask("GET", USERS, Trial().token())[0] == 401


def test_a_wrong_password_is_none() -> None:
    status, body = Trial().log_in(password="guess")
    assert (status, set(body)) == (401, ERROR)


def test_pages_hold_everybody_once() -> None:
    trial = Trial()
    token, found, page = trial.token(), [], {"last": False}
    while not page["last"]:
        params = {"page": str(len(found) // 20), "size": "20"}
        page = trial.ask("GET", USERS, token, params=params)[1]
        found += [each["userId"] for each in page["content"]]
    assert len(set(found)) == len(found) == page["totalElements"] == 45
    extensions = trial.ask("GET", "/pm-extension-ms/pm-extension/v1", token)[1]["content"]
    assert extensions[0]["extensionNumber"] == "10000"


@pytest.mark.parametrize(
    ("hash_type", "length", "status"),
    [
        ("CLEARTEXT", 2, 201),
        ("CLEARTEXT", 64, 201),
        ("CLEARTEXT", 1, 400),
        ("CLEARTEXT", 65, 400),
        ("MD5A1", 32, 201),
        ("MD5A1", 64, 400),
        ("SHA256", 64, 201),
        ("SHA256_MD5A1", 64, 201),
        ("SHA256_MD5A1", 32, 400),
        ("ROT13", 32, 400),
    ],
)
def test_a_code_has_the_length_of_its_type(hash_type: str, length: int, status: int) -> None:
    trial = Trial()
    given = {"extensionNumber": "10000", "authorizationCode": "a" * length, "hashType": hash_type}
    assert trial.ask("POST", CODES, trial.token(), json=given)[0] == status
    assert ("10000" in trial.system.codes) == (status == 201)


def test_too_many_requests_in_a_second_are_declined_until_the_next() -> None:
    trial = Trial(faults=Faults(requests_per_second=2))
    token = trial.token()
    assert [trial.ask("GET", USERS, token)[0] for _ in range(2)] == [200, 429]
    trial.now += timedelta(seconds=1)
    assert trial.ask("GET", USERS, token)[0] == 200
