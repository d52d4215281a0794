"""MiVoice 5000 from a file: who becomes a user, who does not and why, and what may be renamed."""

from pathlib import Path

import pytest

import offhook_mv5000
from offhook.api import InvalidInput, Skipped, SourceUser
from offhook.doors import Plugins
from offhook.testing import PluginContract, sample_connection
from offhook_mv5000 import Options
from offhook_mv5000.facts import FACTS

HEADINGS = "User ID;Login;First name;Last name;Directory number;E-mail;Role;Phone type;Site"


class TestContract(PluginContract):
    plugin = offhook_mv5000
    options = Options(host="directory.example.org", base_dn="dc=example,dc=org")


@pytest.fixture
def plugins() -> Plugins:
    return Plugins({"mv5000": offhook_mv5000})


def read(plugins: Plugins, path: Path, *lines: str, **options: str) -> list[SourceUser | Skipped]:
    path = path / "users.csv"
    path.write_text("\n".join(lines) + "\n")
    connection = sample_connection("mv5000", Options(source="file", file=str(path), **options))
    return list(plugins.list_users(connection))


def test_a_subscription_becomes_a_user_that_is_deployed_unasked(
    plugins: Plugins, tmp_path: Path
) -> None:
    (user,) = read(
        plugins, tmp_path, HEADINGS, "g-1;aruiz;Ana;Ruiz;7301;ana@example.test;UCC;SIP;Lyon"
    )
    assert user == SourceUser(
        key="g-1",
        fields={
            "first_name": "Ana",
            "last_name": "Ruiz",
            "number": "7301",
            "email": "ana@example.test",
            "pbx_username": "7301",
        },
        pbx="Lyon",
        login="aruiz",
        role="UCC",
        phone="SIP",
        automatic=True,
    )


def test_what_the_file_does_not_know_stays_unsaid(plugins: Plugins, tmp_path: Path) -> None:
    (user,) = read(plugins, tmp_path, "Number,Name", "7301,Ruiz", sip_host="pbx.example.org")
    assert isinstance(user, SourceUser)
    assert user.fields == {
        "last_name": "Ruiz",
        "number": "7301",
        "pbx_username": "7301",
        "pbx_host": "pbx.example.org",
    }
    assert (user.key, user.pbx, user.login, user.role) == ("7301", "test", "", "")


def test_an_empty_cell_is_empty_there(plugins: Plugins, tmp_path: Path) -> None:
    (user,) = read(plugins, tmp_path, "Number,Name,E-mail", "7301,Ruiz,")
    assert isinstance(user, SourceUser)
    assert user.fields["email"] == ""


@pytest.mark.parametrize(
    ("number", "phone", "reason"),
    [
        ("7301", "6930", "phone type '6930' has no client"),
        ("", "SIP", "it has no directory number"),
        ("+33 1 55 00", "SIP", "'+33 1 55 00' is no directory number"),
    ],
)
def test_who_can_have_no_client_is_left_out_with_the_reason(
    plugins: Plugins, tmp_path: Path, number: str, phone: str, reason: str
) -> None:
    skipped, user = read(
        plugins, tmp_path, "Number,Phone type", f"{number},{phone}", "7302,micollab client"
    )
    assert isinstance(skipped, Skipped)
    assert skipped.key == (number or "row 2")
    assert skipped.reason.startswith(reason)
    assert isinstance(user, SourceUser)


def test_every_column_can_have_another_name(plugins: Plugins, tmp_path: Path) -> None:
    fields = list(FACTS.section("csv"))
    renamed = ";".join(f"csv.{field}=Spalte {field}" for field in fields)
    values = {field: f"own {field}" for field in fields} | {"number": "7301", "phone": "SIP"}
    # The usual headings are there, too: they must not be read any more.
    usual = [FACTS.section("csv")[field][0] for field in fields]
    (user,) = read(
        plugins,
        tmp_path,
        ",".join([*usual, *(f"Spalte {field}" for field in fields)]),
        ",".join(["usual"] * len(usual) + [values[field] for field in fields]),
        facts=f"{renamed};sip.username=<login>@<DN>",
    )
    assert isinstance(user, SourceUser)
    assert "usual" not in {*user.fields.values(), user.key, user.login, user.role, user.pbx}
    assert user.key == "own key"
    assert user.fields["pbx_username"] == "own login@7301"


def test_phone_types_can_be_spelled_otherwise(plugins: Plugins, tmp_path: Path) -> None:
    lines = ("Number,Phone type", "7301,SIP", "7302,6930")
    skipped, user = read(plugins, tmp_path, *lines, facts="phone.deployable=6930|6940")
    assert isinstance(skipped, Skipped)
    assert isinstance(user, SourceUser)
    assert user.phone == "6930"


def test_a_file_without_numbers_is_refused(plugins: Plugins, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="number"):
        read(plugins, tmp_path, "First name,Last name", "Ana,Ruiz")


@pytest.mark.parametrize(
    ("options", "missing"),
    [({}, "host"), ({"host": "pbx.example.org"}, "base_dn"), ({"source": "file"}, "file")],
)
def test_options_that_do_not_say_where_users_are_are_refused(
    options: dict[str, str], missing: str
) -> None:
    with pytest.raises(InvalidInput, match=f"{missing}: missing"):
        Options(**options)


def test_the_file_is_examined(plugins: Plugins, tmp_path: Path) -> None:
    read(plugins, tmp_path, "Number,Name", "7301,Ruiz")
    options = Options(source="file", file=str(tmp_path / "users.csv"))
    findings = list(plugins.diagnose(sample_connection("mv5000", options)))
    assert "failure" not in {finding.level for finding in findings}
    assert len(findings) >= 3


def test_opus_is_not_among_its_codecs(plugins: Plugins) -> None:
    (pbx_type,) = plugins.pbx_types.values()
    assert "opus" not in pbx_type.codecs
    assert "g722" in pbx_type.codecs
    assert pbx_type.credentials == ("file", "hand")
