"""An MX-ONE's users arrive page by page, and whoever is left out is named with the reason."""

import re
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

import offhook_mx_one
from offhook.api import InvalidInput, Secret, Skipped, SourceUser
from offhook.testing import PluginContract, sample_connection
from offhook_mx_one import Options
from offhook_simulators.mx_one_data import has_client
from tests.house.sources import ROOT
from tests.lab.pki import Pki
from tests.plugins.mx_one_system import PASSWORD, door, running, wanted
from tests.plugins.renamed_system import FACTS_OF_IT, renamed

CSV = """\
User ID;First name;Last name;Extension;Email;MiCollab role;Extension type
ana;Ana;Ruiz;1001;ana@example.test;ucc (V8.0)  premium;SIP
bo;Bo;Öberg;1002;;UCC (Vx.0) Entry;sip
cy;Cy;Doe;;cy@example.test;;SIP
di;Di;Doe;1002;di@example.test;;SIP
ed;Ed;Doe;1004;ed@example.test;;DECT
"""


class TestMxOne(PluginContract):
    plugin = offhook_mx_one
    options = Options(host="pbx.example.test", username="admin", password=Secret("s3cret"))


def test_a_user_has_what_the_system_knows_and_registers_by_its_number(pki: Pki) -> None:
    with running(pki, 1) as system:
        users = system.users(sip_host="sip.example.test")
    assert users == [
        SourceUser(
            key="u10000",
            fields={
                "first_name": "Ana",
                "last_name": "Ruiz",
                "email": "user10000@example.test",
                "number": "10000",
                "pbx_username": "10000",
                "pbx_host": "sip.example.test",
            },
            pbx="MX1",
            login="u10000",
            role="UCC (Vx.0) Entry",
            phone="SIP",
            automatic=True,
        )
    ]


@pytest.mark.parametrize(("users", "pages"), [(1, 1), (4, 2), (5, 3)])
def test_all_pages_are_read_and_none_twice(pki: Pki, users: int, pages: int) -> None:
    with running(pki, users) as system:
        found = system.users()
    assert [each.key for each in found] == [f"u{10_000 + index}" for index in range(users)]
    assert system.simulator.calls == {"login": 1, "users": pages}


def test_pages_come_as_they_are_wanted(pki: Pki) -> None:
    with (
        running(pki, 100) as system,
        closing(offhook_mx_one.list_users(system.connection())) as stream,
    ):
        next(stream)
        assert system.simulator.calls["users"] == 1


def test_without_a_sip_host_clients_register_where_the_manager_is(pki: Pki) -> None:
    with running(pki, 1) as system:
        (user,) = system.users()
    assert isinstance(user, SourceUser)
    assert user.fields["pbx_host"] == "localhost"


CHANGES = [
    ({"extensions": []}, "it has no directory number"),
    ({"extensions": None, "extensionNumber": ""}, "it has no directory number"),
    (
        {"extensions": [{"extensionNumber": "1", "ipExtensionType": "DECT"}]},
        "a phone of type 'DECT' cannot have a client",
    ),
    (
        {"extensions": [{"extensionNumber": "+46 8 123"}]},
        "'+46 8 123' is no directory number: it may have digits, * and # only",
    ),
    ({"firstName": {"en": "Ana"}}, "first_name: no text"),
    (
        {"extensions": [{"extensionNumber": "10000"}]},
        "number 10000 of MX1 is there twice; the first one counts",
    ),
    ({"userId": "u10000"}, "user u10000 is there twice; the first one counts"),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES)
def test_who_is_left_out_is_named_with_the_reason(
    pki: Pki, change: dict[str, object], reason: str
) -> None:
    with running(pki, 3, changes={1: change}) as system:
        first, second, third = system.users()
    assert second == Skipped(str(change.get("userId", "u10001")), reason)
    assert [type(each) for each in (first, third)] == [SourceUser, SourceUser]


def test_what_the_system_does_not_say_is_not_known(pki: Pki) -> None:
    bare = {"emailAddress": None, "extensions": [{"extensionNumber": 4711}]}
    with running(pki, 1, changes={0: bare}) as system:
        (user,) = system.users(facts="user.first_name=nickname; user.pbx=site")
    assert isinstance(user, SourceUser)
    assert "first_name" not in user.fields
    assert (user.fields["email"], user.fields["number"]) == ("", "4711")
    assert (user.phone, user.pbx) == ("", "test")


def test_of_several_extensions_the_first_that_can_have_a_client_is_taken(pki: Pki) -> None:
    phones = [("1", "DECT"), ("2", "sip"), ("3", "SIP")]
    extensions = [{"extensionNumber": each, "ipExtensionType": kind} for each, kind in phones]
    with running(pki, 1, changes={0: {"extensions": extensions}}) as system:
        (user,) = system.users()
    assert isinstance(user, SourceUser)
    assert user.fields["number"] == "2"


def test_a_file_is_the_second_source(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text(CSV, encoding="cp1252")
    options = Options(source="csv", file=str(file), sip_host="sip.example.test")
    ana, bo, *others = door().list_users(sample_connection("mx_one", options))
    assert isinstance(ana, SourceUser)
    assert (ana.key, ana.role, ana.pbx, ana.automatic) == (
        "ana",
        "UCC (Vx.0) Premium",
        "test",
        True,
    )
    assert dict(ana.fields) == {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "email": "ana@example.test",
        "number": "1001",
        "pbx_username": "1001",
        "pbx_host": "sip.example.test",
    }
    assert isinstance(bo, SourceUser)
    assert (bo.fields["last_name"], bo.fields["email"]) == ("Öberg", "")
    assert others == [
        Skipped("cy", "it has no directory number"),
        Skipped("di", "number 1002 of test is there twice; the first one counts"),
        Skipped("ed", "a phone of type 'DECT' cannot have a client"),
    ]


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "host"), ({"host": "pbx.example.test"}, "username"), ({"source": "csv"}, "file")],
)
def test_options_that_lack_something_are_refused(given: dict[str, str], missing: str) -> None:
    with pytest.raises(InvalidInput, match=f"{missing}: missing; source="):
        Options(**given)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ("http.port=https", "use a whole number"),
        ("http.port=99999", "use a number from 1 to 65535"),
        ("query.first=one", "use a whole number"),
        ("path.login=login", "use a path that begins with /"),
    ],
)
def test_facts_that_cannot_be_used_are_refused(facts: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Options(host="pbx.example.test", username="admin", facts=facts)
    assert f"facts '{facts}': {reason}" in str(caught.value)


def test_the_pbx_type_knows_opus_and_its_roles() -> None:
    (pbx_type,) = door().pbx_types.values()
    assert "opus" in pbx_type.codecs
    assert pbx_type.credentials[0] == "set"
    assert pbx_type.roles["UCC (Vx.0) Entry"] is False
    assert pbx_type.roles["UCC (Vx.0) Premium"] is True
    assert "SIP" in pbx_type.phones


def test_a_system_that_calls_everything_otherwise_is_served_by_overrides_alone(pki: Pki) -> None:
    with running(pki, 5, around=renamed) as system:
        given = {"facts": FACTS_OF_IT, "subsystem": "MX1", "customer": "0", "service_profile": "1"}
        usual = system.users(**given)
        system.simulator.tokens.revoke()
        assert system.push(wanted("10000", "10001"), **given) == {}
        assert system.push(wanted("9"), **given)["u9"].endswith("Extension 9 does not exist")
        levels = {finding.code: finding.level for finding in system.findings(**given)}
        system.simulator.faults.revoke_at_page = 1
        assert system.users(**given) == usual
        assert system.simulator.calls["refresh"] == 1
    assert [each.fields["number"] for each in usual if isinstance(each, SourceUser)] == [
        str(number) for number in range(10_000, 10_005)
    ]
    assert system.simulator.admits("10001", PASSWORD)
    assert set(levels.values()) == {"ok"}


def test_columns_and_phones_are_overridden_too(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("A;B;C;D;E;F;G;H\nana;Ana;Ruiz;1001;a@example.test;Boss;DECT;north\n")
    names = ("key", "first_name", "last_name", "number", "email", "role", "phone", "pbx")
    facts = ";".join(f"csv.{name}={column}" for name, column in zip(names, "ABCDEFGH", strict=True))
    options = Options(source="csv", file=str(file), facts=f"{facts};phone.deployable=DECT")
    (user,) = door().list_users(sample_connection("mx_one", options))
    assert isinstance(user, SourceUser)
    assert (user.key, user.role, user.phone, user.pbx) == ("ana", "Boss", "DECT", "north")
    assert {user.fields[name] for name in names[1:5]} == {"Ana", "Ruiz", "1001", "a@example.test"}


def test_no_name_of_the_interface_stands_outside_the_map() -> None:
    folder = ROOT / "plugins/mx_one/src/offhook_mx_one"
    told = [
        f"{path.name}: {text}"
        for path in folder.glob("*.py")
        if path.name != "facts.py"
        for text in re.findall(r'"((?:/[a-z]|[a-z]+[A-Z])[^"\n]*)"', path.read_text())
    ]
    assert told == []


@pytest.mark.slow
def test_fifty_thousand_users_stream_in_bounded_memory(pki: Pki) -> None:
    """Slow: a hundred pages are made, sent and read on the same cores."""
    with running(pki, 50_000) as system:
        stream = door().list_users(system.connection(page_size=500))
        next(stream)
        tracemalloc.start()
        try:
            kinds = [0, 0]
            for each in stream:
                kinds[isinstance(each, Skipped)] += 1
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert kinds == [sum(map(has_client, range(50_000))) - 1, 2000]
    assert peak < 30 * 2**20
