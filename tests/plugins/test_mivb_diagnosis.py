"""MiVoice Business: what the administrator is told about a source before anybody is imported."""

import os
from datetime import UTC, datetime

import pytest

import offhook_mivb
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_mivb import Options

HEAD = "Login,Last Name,Email,Directory Number,Device Type,Role"
HEAD_WITH_PHONES = "Login,Last Name,Directory Number,Device Type"


@pytest.fixture
def findings(tmp_path):
    """Return what is found about a CSV file, by code."""

    def examine(*rows, head=HEAD, **options):
        path = tmp_path / "users.csv"
        path.write_text("\n".join([head, *rows]) + "\n")
        if age := options.pop("age", 0):
            written = datetime.now(UTC).timestamp() - age * 86400
            os.utime(path, (written, written))
        connection = sample_connection("mivb", Options(file=str(path), **options))
        found = list(Plugins({"mivb": offhook_mivb}).diagnose(connection))
        assert len({each.code for each in found}) == len(found)
        return {each.code: each for each in found}

    return examine


def test_a_good_file_gives_no_warning(findings):
    found = findings("smithj,Smith,john@example.org,7328,UC Endpoint,Staff")

    assert {each.level for each in found.values()} <= {"ok", "note"}
    assert (found["mivb-users"].meaning, found["mivb-users"].action) == ("", "")
    assert found["mivb-users"].summary == ("Users that can have a client: 1; left out: 0.")


def test_the_commonest_reasons_are_named(findings):
    found = findings(
        "a,A,,1,UC Endpoint,Staff",
        "b,B,,2,5330 IP,Staff",
        "c,C,,3,5330 IP,Staff",
        "d,D,,,UC Endpoint,Staff",
    )

    assert found["mivb-users"].summary == (
        "Users that can have a client: 1; left out: 3. Most often: "
        "2 x phone type '5330 IP' has no client; 1 x it has no directory number."
    )


def test_nobody_to_import_is_a_warning(findings):
    found = findings("b,B,,2,5330 IP,Staff")

    assert found["mivb-users"].level == "warning"
    assert found["mivb-users"].meaning == "Nobody can be imported."
    assert found["mivb-users"].action


def test_no_file_is_a_failure_and_the_end(tmp_path):
    connection = sample_connection("mivb", Options(file=str(tmp_path / "none.csv")))

    (finding,) = Plugins({"mivb": offhook_mivb}).diagnose(connection)

    assert finding.level == "failure"
    assert "none.csv" in finding.summary
    assert finding.action


def test_an_old_file_is_told(findings):
    found = findings("smithj,Smith,,7328,UC Endpoint,Staff", age=90)

    assert found["file-age"].level == "warning"


@pytest.mark.parametrize("mode", ["integrated", "collocated"])
def test_a_mode_whose_accounts_need_logins_is_told_that_there_are_none(findings, mode):
    found = findings(
        "Smith,7328,UC Endpoint", head="Last Name,Directory Number,Device Type", mode=mode
    )

    assert found["mivb-mode"].level == "warning"
    assert mode in found["mivb-mode"].summary


def test_without_roles_nobody_is_deployed_unasked_and_that_is_told(findings):
    head, row = "Login,Last Name,Directory Number,Device Type", "smithj,Smith,7328,UC Endpoint"

    assert "mivb-roles" in findings(row, head=head)
    assert "mivb-roles" not in findings(row, head=head, mode="collocated")


def test_without_phone_types_it_is_told_who_is_taken(findings):
    found = findings("smithj,Smith,7328,Staff", head="Login,Last Name,Directory Number,Role")

    assert found["mivb-phones"].level == "note"
    assert "mivb-phones" not in findings("smithj,Smith,7328,IP", head=HEAD_WITH_PHONES)
    assert "mivb-phones" not in findings("smithj,Smith,Staff", head="Login,Last Name,Role")


def test_users_whom_the_gateway_does_not_serve_are_counted(findings):
    rows = ["a,A,1,UC Endpoint,Staff,no", "b,B,2,UC Endpoint,Staff,yes"]
    found = findings(*rows, head="Login,Last Name,Directory Number,Device Type,Role,Teleworker")

    assert found["mivb-teleworker"].summary.startswith("The gateway serves 1 of the users not")
    assert "mivb-teleworker" not in findings(",D,,4,UC Endpoint,")


def test_weak_passwords_are_counted(findings):
    rows = ["a,A,1,Use Random Password", "b,B,2,Same as extension", "c,C,3,"]
    found = findings(*rows, head="Login,Last Name,Directory Number,Password Option")

    assert found["mivb-password"].summary.startswith("1 SIP passwords")
    assert "Same as extension" not in str(found)


def test_more_rows_than_bulk_provisioning_takes_are_told(findings):
    head = "First Name,Last Name,Login ID,Email Address,Role"
    rows = [f"John,Smith,user{number},,Staff" for number in range(5_001)]

    assert found_codes(findings(*rows, head=head)) >= {"mivb-bulk"}
    assert "mivb-bulk" not in findings(*rows[1:], head=head)


def found_codes(found):
    return {code for code, each in found.items() if each.level == "warning"}
