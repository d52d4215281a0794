"""What is told about export files of MiVoice Office 400, and how big they may be."""

import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import offhook_mvo400
from offhook.api import Connection, Finding, SourceUser
from offhook.testing import sample_connection

HEADER = "Number;First name;Last name;E-mail;MiCollab role;Terminal type\n"
ANA = "1001;Ana;Ruiz;ana@x.org;Standard;SIP\n"


def connect(*files: Path) -> Connection[offhook_mvo400.Options]:
    options = offhook_mvo400.Options(files=tuple(map(str, files)))
    return sample_connection("mvo400", options)


def diagnose(*files: Path) -> list[Finding]:
    return list(offhook_mvo400.diagnose(connect(*files)))


def levels(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in findings]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "users.csv"


def test_all_is_well(path: Path) -> None:
    path.write_text(HEADER.replace("First", "SIP user name;First") + f"1001;{ANA}")
    findings = diagnose(path)

    assert levels(findings) == [
        ("file-readable", "ok"),
        ("file-age", "ok"),
        ("file-columns", "ok"),
        ("file-rows", "ok"),
        ("mvo400-users", "ok"),
    ]
    assert findings[-1].summary == "1 can have a client; 0 entries are left out."


def test_every_file_is_looked_at_and_one_failure_ends_it(path: Path) -> None:
    path.write_text(HEADER + ANA)
    findings = diagnose(path, path.with_name("none.csv"))

    assert levels(findings)[-1] == ("file-readable", "failure")
    assert len(findings) == 5


def test_an_export_of_last_year_is_a_warning(path: Path) -> None:
    path.write_text(HEADER + ANA)
    written = (datetime.now(UTC) - timedelta(days=300)).timestamp()
    os.utime(path, (written, written))

    assert ("file-age", "warning") in levels(diagnose(path))


def test_a_column_that_is_not_there_is_named_with_those_that_are(path: Path) -> None:
    path.write_text(HEADER.replace("Number", "Nr.") + ANA)
    last = diagnose(path)[-1]

    assert (last.code, last.level) == ("file-columns", "failure")
    assert last.summary.startswith("There is no column 'Number' or 'Call number'")
    assert "'Nr.'" in last.action


def test_a_file_of_whom_nobody_can_have_a_client_is_a_warning(path: Path) -> None:
    path.write_text(HEADER + ANA.replace("SIP", "Office 1560"))
    last = diagnose(path)[-1]

    assert (last.code, last.level) == ("mvo400-users", "warning")
    assert last.summary == "0 can have a client; 1 entries are left out."


def test_of_fifty_thousand_users_only_the_numbers_are_held(path: Path) -> None:
    rows = (ANA.replace("1001", str(10_000 + number)) for number in range(50_000))
    path.write_text(HEADER + "".join(rows))
    tracemalloc.start()
    try:
        users = offhook_mvo400.list_users(connect(path))
        count = sum(isinstance(each, SourceUser) for each in users)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 50_000
    assert peak < 8_000_000
