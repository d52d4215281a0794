"""Files that are no table of users: each gets a sentence, and nothing is written."""

from pathlib import Path

import pytest

from offhook.errors import InvalidInput
from offhook.provisioning.csvchecks import MOST_BAD_CELLS
from tests.core.provisioning.importing import Site


@pytest.mark.parametrize(
    ("content", "sentence", "hint"),
    [
        (b"PK\x03\x04" + b"\0" * 100, "is a spreadsheet or an archive", "Save it as CSV"),
        (b"", "is empty", "first row must name the columns"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a text file", "Save it as CSV"),
        (b"Ruiz,ana@example.org\nOther,o@example.org\n", "names no known column", "Last name"),
        (b"E-mail,Last name,E-mail\na@x.org,A,a@x.org\n", "it is there 2 times", "one name"),
        (b"Extension,DN,Last name\n1,1,A\n", "they mean the same field", "one name"),
        (b"Last name,E-mail\n", "has no rows", "each row below it"),
        (b'Lastname,Mehl,E-mail\nA,b,a@x.org\n"open', "a quote is never closed", "quote"),
        (b"Last name,E-Male\nA,a@x.org\n", "column 'E-mail': missing", "did you mean E-mail"),
    ],
    ids=[
        *("spreadsheet", "empty", "binary", "no header", "duplicate header", "rivals"),
        *("only a header", "unclosed quote", "misspelt column"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    site: Site, content: bytes, sentence: str, hint: str
) -> None:
    path = site.folder / "people.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        site.load_file(path)

    assert sentence in str(caught.value)
    assert hint in caught.value.hint
    assert site.users() == []
    assert site.staged() == 0


def test_a_thousand_wrong_rows_are_reported_one_by_one(site: Site) -> None:
    rows = [f"A{number},nonsense{number}" for number in range(1000)]
    report = site.load("Last name,E-mail", *rows, "Good,good@example.org")

    assert (report.skipped, report.rows, report.refused) == (1000, 1001, True)
    assert [cell.value for cell in report.bad] == [row.split(",")[1] for row in rows]
    assert [cell.row for cell in report.bad] == list(range(2, 1002))


def test_a_file_that_is_wrong_from_end_to_end_is_given_up(site: Site) -> None:
    rows = ["Good,good@example.org", *["A,nonsense"] * (MOST_BAD_CELLS + 1)]
    with pytest.raises(InvalidInput, match="more than 10,000 bad cells") as caught:
        site.load("Last name,E-mail", *rows, partial=True)

    assert len(caught.value.problems) == 10
    assert site.users() == []
    assert site.staged() == 0


def test_quotes_that_break_late_leave_nothing(site: Site) -> None:
    rows = [f"A{number},a{number}@example.org" for number in range(5000)]
    with pytest.raises(InvalidInput, match=r"line 5002: a quote is never closed"):
        site.load("Last name,E-mail", *rows, 'B,"b@example.org')

    assert site.users() == []
    assert site.staged() == 0


def test_a_file_that_changes_meanwhile_leaves_nothing(site: Site, tmp_path: Path) -> None:
    rows = [f"A{number},a{number}@example.org" for number in range(5000)]
    path = site.save("Last name,E-mail", *rows)

    with pytest.raises(InvalidInput, match="changed while it was read"):
        site.load_file(path, on_progress=lambda done, total: path.write_bytes(b"\xff\xfe" * 99999))

    assert site.staged() == 0
