"""What is told about a file of users before anybody imports it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offhook.api import Finding, diagnose_records

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = {"number": ["Extension"], "email": ["E-mail"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "users.csv"


def diagnose(path: Path, text: str, days_old: int = 2) -> list[Finding]:
    path.write_text(text)
    written = (NOW - timedelta(days=days_old)).timestamp()
    os.utime(path, (written, written))
    return list(diagnose_records(path, NAMES, required=["number"], now=NOW))


def seen(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in findings]


def test_a_good_file_is_told_step_by_step(path: Path) -> None:
    findings = diagnose(path, "Extension,E-mail\n1001,a@x.org\n")

    assert {finding.level for finding in findings} == {"ok"}
    assert [finding.summary for finding in findings] == [
        f"{path} can be read.",
        f"{path} was written 2 days ago, on 2026-10-30.",
        "Every known column is there.",
        "All 1 rows can be read.",
    ]


def test_an_old_export_is_a_warning(path: Path) -> None:
    findings = diagnose(path, "Extension,E-mail\n1001,a@x.org\n", days_old=45)

    assert ("file-age", "warning") in seen(findings)
    assert "Export the users again." in [finding.action for finding in findings]


def test_a_column_that_may_be_missing_is_a_note(path: Path) -> None:
    findings = diagnose(path, "Extension,Mail\n1001,a@x.org\n")

    assert ("file-columns", "note") in seen(findings)
    assert findings[2].summary == "There is no column 'E-mail'. It also has 'Mail'."


def test_a_column_that_must_be_there_is_a_failure_and_the_end(path: Path) -> None:
    findings = diagnose(path, "Number,E-mail\n1001,a@x.org\n")

    assert seen(findings)[-1] == ("file-columns", "failure")
    assert findings[-1].summary == "There is no column 'Extension'."
    assert "'Number'" in findings[-1].action


def test_rows_that_cannot_be_read_are_counted(path: Path) -> None:
    findings = diagnose(path, "Extension,E-mail\n#N/A,a@x.org\n1002,b@x.org\n#N/A,\n")

    assert seen(findings)[-1] == ("file-rows", "warning")
    assert findings[-1].summary.startswith("2 of 3 rows cannot be read. The first is 2: column")


def test_a_file_that_breaks_off_is_a_failure(path: Path) -> None:
    findings = diagnose(path, "Extension,E-mail\n" + 30 * "1001,a@x.org\n" + '"1002,\n')

    assert seen(findings)[-1] == ("file-rows", "failure")
    assert "a quote is never closed" in findings[-1].summary


def test_no_file_is_a_failure_not_an_exception(path: Path) -> None:
    (finding,) = diagnose_records(path, NAMES, now=NOW)

    assert (finding.code, finding.level) == ("file-readable", "failure")
    assert finding.action == "Check the path."
