"""A border gateway's SIP users arrive page by page; what is assumed of it stands in one map."""

import re
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import offhook_mbg
from offhook.api import (
    HASH_NUMBER,
    Authorization,
    Begin,
    Finish,
    InvalidInput,
    Refused,
    RemoteError,
    Renew,
    Secret,
    Skipped,
    SourceUser,
)
from offhook.doors import Plugins
from offhook.testing import PluginContract
from offhook_mbg import FACTS, Options
from offhook_simulators import mbg_data as table
from tests.lab.pki import Pki
from tests.plugins.mbg_system import asked, number_at, running, wanted

OF_USER = {
    "Enabled": "enabled",
    "Configured ICP": "icp",
    "Availability": "availability",
    "Set-side Username": "username",
    "Set-side Password": "password",
    "ICP-side Username": "icp_username",
}


class TestMbg(PluginContract):
    plugin = offhook_mbg
    options = Options(
        host="mbg.example.test", consumer_id="offhook", consumer_secret=Secret("s3cret")
    )

    @pytest.mark.parametrize("state", ["requested", "verified"])
    def test_nothing_is_given_over_a_dead_network(
        self, plugins: Plugins, connection: Any, dead_network: list[str], state: Any
    ) -> None:
        token = Authorization(
            state=state, token=Secret("t0ken"), secret=Secret("s3cret"), token_id=""
        )
        known = evolve(connection, authorization=token)
        for ask in (
            lambda: plugins.authorize(known, Begin()),
            lambda: plugins.authorize(known, Finish(Secret("v3rifier"))),
            lambda: plugins.authorize(known, Renew()),
            lambda: plugins.fetch_credentials(known, asked(0)),
            lambda: list(plugins.list_users(known)),
        ):
            with pytest.raises(RemoteError) as caught:
                ask()
            assert not [
                each for each in ("t0ken", "s3cret", "v3rifier") if each in str(caught.value)
            ]


def test_what_is_assumed_is_what_the_simulator_does() -> None:
    codes = {"stopped": "service_stopped", "weak": "weak_password", "icp": "icp_mismatch"}
    sections: dict[str, dict[str, str]] = {
        "path": table.PATHS,
        "query": {**table.PARAMETERS, "first": "0"},
        "form": table.TOKEN_FORM,
        "token": table.TOKEN,
        "page": table.PAGE,
        "user": {ours: table.SIP_USER[name] for name, ours in OF_USER.items()}
        | {"id": table.USER_ID, "registered": table.USER_REGISTERED}
        | {"webrtc_only": table.AVAILABILITY[2]},
        "node": table.NODE,
        "settings": table.SETTINGS,
        "certificate": dict(zip(("vendor", "public"), table.CERTIFICATES, strict=True)),
        "error": table.ERROR,
        "code": codes,
        "right": {
            "tokens": table.MANAGE_TOKEN,
            "settings": table.READ_SETTINGS,
            "read": table.READ_USERS,
            "write": table.WRITE_USERS,
            "passwords": table.READ_PASSWORDS,
        },
    }
    for section, expected in sections.items():
        ours = {name: values[0] for name, values in FACTS.section(section).items()}
        assert ours
        assert ours.items() <= expected.items()
    assert {name.partition(".")[0] for name in FACTS.all} == {"http", *sections}
    assert set(codes.values()) <= set(table.CODES)


def test_a_user_has_what_the_gateway_knows(pki: Pki) -> None:
    with running(pki, 1) as system:
        users = system.users()
    fields = {"number": number_at(0), "gateway_username": table.name_at(0)}
    assert users == [SourceUser(key="1", fields=fields, kind="gateway")]


@pytest.mark.parametrize(("users", "pages"), [(0, 1), (1, 1), (4, 2), (5, 3)])
def test_all_pages_are_read_and_none_twice(pki: Pki, users: int, pages: int) -> None:
    with running(pki, users) as system:
        found = system.users()
    assert [each.key for each in found] == [str(index + 1) for index in range(users)]
    assert system.simulator.calls == {"sip_users": pages}


def test_pages_come_as_they_are_wanted(pki: Pki) -> None:
    with (
        running(pki, 100) as system,
        closing(offhook_mbg.list_users(system.connection())) as stream,
    ):
        next(stream)
        assert system.simulator.calls["sip_users"] == 1


CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"enabled": False}, {}, "is disabled at the gateway"),
    ({"availability": "WebRTC only"}, {}, 'has the availability "WebRTC only": a softphone'),
    ({"configuredIcp": "192.0.2.99"}, {"icp": "192.0.2.10"}, "ICP mismatch: "),
    ({"setSideUsername": "ana-1#001"}, {"remote": True}, HASH_NUMBER),
    ({"setSideUsername": ""}, {}, "it has no set-side user name"),
    ({"setSideUsername": "lobby", "icpSideUsername": "door"}, {}, "ends with a directory number"),
    ({"setSideUsername": table.name_at(0)}, {}, "is there twice; the first one counts"),
]


@pytest.mark.parametrize(("change", "options", "reason"), CHANGES)
def test_who_is_left_out_is_named_with_the_reason(
    pki: Pki, change: dict[str, Any], options: dict[str, Any], reason: str
) -> None:
    with running(pki, 3, changes={1: change}) as system:
        first, second, third = system.users(**options)
    assert isinstance(second, Skipped)
    assert second.key == (change.get("setSideUsername", table.name_at(1)) or "2")
    assert reason in second.reason
    assert [type(each) for each in (first, third)] == [SourceUser, SourceUser]


def test_a_name_that_is_the_id_of_another_one_is_no_duplicate(pki: Pki) -> None:
    change = {"setSideUsername": "3", "icpSideUsername": "77"}
    with running(pki, 3, changes={0: change}) as system:
        assert [type(each) for each in system.users()] == [SourceUser] * 3


def test_a_number_with_a_hash_comes_from_a_local_gateway(pki: Pki) -> None:
    with running(pki, 1, changes={0: {"setSideUsername": "ana-1#001"}}) as system:
        (user,) = system.users()
    assert isinstance(user, SourceUser)
    assert user.fields["number"] == "1#001"


@pytest.mark.parametrize(
    ("name", "number"), [("ana-maria-2001", "2001"), ("ana-maria", "77"), ("2002", "77")]
)
def test_the_number_is_the_end_of_the_set_side_name_or_the_name_at_the_pbx(
    pki: Pki, name: str, number: str
) -> None:
    change = {"setSideUsername": name, "icpSideUsername": "77"}
    with running(pki, 1, changes={0: change}) as system:
        (user,) = system.users()
    assert isinstance(user, SourceUser)
    assert user.fields == {"number": number, "gateway_username": name}


def test_without_an_authorization_every_hook_says_how_to_get_one(pki: Pki) -> None:
    with running(pki, let_in=False) as system:
        for ask in (
            system.users,
            lambda: system.fetch(asked(0)),
            lambda: system.push(wanted(0)),
        ):
            with pytest.raises(Refused, match="has not let us in") as caught:
                ask()
            assert caught.value.hint == "offhook connections authorize test"
        assert not system.simulator.calls
        findings = system.findings()
    assert (findings[-1].code, findings[-1].level) == ("mbg-authorized", "failure")
    assert findings[-1].action == "offhook connections authorize test"


WRONG = [
    ({"consumer_secret": Secret("")}, "consumer_secret: missing; HMAC-SHA1 needs it"),
    ({"consumer_id": ""}, "consumer_id: missing"),
    ({"signature_method": "RSA-SHA1"}, "private_key: missing; RSA-SHA1 needs it"),
    ({"facts": "path.renew=renew"}, "use a path that begins with /"),
    ({"facts": "path.sip_user=/user"}, "say with {id} where the number goes"),
    ({"facts": "query.first=one"}, "use a whole number"),
    ({"facts": "http.port=65536"}, "use a number from 1 to 65535"),
]


@pytest.mark.parametrize(("given", "says"), WRONG)
def test_options_that_cannot_be_used_are_refused(given: dict[str, Any], says: str) -> None:
    usual = {"host": "mbg.example.test", "consumer_id": "x", "consumer_secret": Secret("y")}
    with pytest.raises(InvalidInput) as caught:
        Options(**{**usual, **given})
    assert says in str(caught.value)


def test_no_name_of_the_interface_stands_outside_the_map() -> None:
    told = {
        path.name: re.findall(r'"((?:/[a-z]|[a-z]+[A-Z])[^"\n]*)"', path.read_text())
        for path in Path(offhook_mbg.__file__).parent.glob("*.py")
    }
    assert told.pop("facts.py")
    assert {name: found for name, found in told.items() if found} == {}
    assert len(told) > 5


@pytest.mark.slow
def test_ten_thousand_users_stream_in_bounded_memory(pki: Pki) -> None:
    with running(pki, 10_000) as system:
        stream = offhook_mbg.list_users(system.connection(page_size=500))
        next(stream)
        tracemalloc.start()
        try:
            assert sum(1 for _ in stream) == 9_999
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20 * 2**20
