"""CSV files as people and spreadsheet programs really write them."""

import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offhook.errors import InvalidInput
from offhook.sheets.csvfile import Row, open_sheet, write_csv
from offhook.sheets.guards import unguard

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save_as(content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return save_as


def values(path: Path) -> list[tuple[str, ...]]:
    return [row.values for row in open_sheet(path).rows()]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(save: Save, separator: str, newline: str) -> None:
    lines = ["Name|E-mail|PIN", "Anna|a@x.org|0012", '"Otto, von; und\tzu"|o@x.org|']
    sheet = open_sheet(save(newline.join(lines).replace("|", separator)))

    assert sheet.separator == separator
    assert sheet.header == ("Name", "E-mail", "PIN")
    assert list(sheet.rows()) == [
        Row(2, ("Anna", "a@x.org", "0012")),
        Row(3, ("Otto, von; und\tzu", "o@x.org", "")),
    ]


def test_rows_decide_where_the_header_could_be_read_both_ways(save: Save) -> None:
    sheet = open_sheet(save("Name;Mail (work, home, other)\nAnna;a@x.org\nOtto;o@x.org\n"))

    assert sheet.header == ("Name", "Mail (work, home, other)")


def test_a_file_of_one_column_is_read(save: Save) -> None:
    assert values(save("E-mail\na@x.org\n")) == [("a@x.org",)]


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\r\n', "\ufeffsep=;\r\n"])
def test_a_sep_line_decides_and_is_not_counted(save: Save, first: str) -> None:
    sheet = open_sheet(save(f"{first}a,b;c\r\n1,2;3\r\n"))

    assert sheet.separator == ";"
    assert sheet.header == ("a,b", "c")
    assert list(sheet.rows()) == [Row(2, ("1,2", "3"))]


def test_an_unusable_sep_line_is_refused(save: Save) -> None:
    with pytest.raises(InvalidInput, match=r"names the separator '\|'") as caught:
        open_sheet(save("sep=|\na|b\n1|2\n"))

    assert "semicolon" in caught.value.hint


def test_quotes_hold_line_breaks_separators_and_doubled_quotes(save: Save) -> None:
    path = save('a,b\r\n"one\r\ntwo","say ""hi"", now"\r\nx,y\r\n')

    assert list(open_sheet(path).rows()) == [
        Row(2, ("one\r\ntwo", 'say "hi", now')),
        Row(3, ("x", "y")),
    ]


def test_blank_rows_are_skipped_but_counted(save: Save) -> None:
    path = save("\n,\na,b\n\n , \n1,2\n,,,\n,4\n\n")

    assert list(open_sheet(path).rows()) == [Row(6, ("1", "2")), Row(8, ("", "4"))]


def test_empty_columns_at_the_end_are_dropped(save: Save) -> None:
    sheet = open_sheet(save("a,b,,\n1,2,,\n3,4\n5,,,\n"))

    assert sheet.header == ("a", "b")
    assert [row.values for row in sheet.rows()] == [("1", "2"), ("3", "4"), ("5", "")]
    assert not any(row.fault for row in sheet.rows())


def test_short_and_long_rows_are_reported_not_mended(save: Save) -> None:
    short, good, long = open_sheet(save("a,b,c\n1,2\n1,2,3\n1,2,3,4\n")).rows()

    assert short.number == 2
    assert short.values == ("1", "2")
    assert short.fault.startswith("the row has 2 cells, the header 3")
    assert good == Row(3, ("1", "2", "3"))
    assert long.fault == "the row has 4 cells, the header 3"


def test_rows_can_be_read_twice(save: Save) -> None:
    sheet = open_sheet(save("a,b\n1,2\n"))

    assert list(sheet.rows()) == list(sheet.rows()) == [Row(2, ("1", "2"))]


@pytest.mark.parametrize("content", ["a,c\n1,2\n", "", b"a,b\n\xff,2\n"])
def test_a_file_that_changes_meanwhile_is_refused(save: Save, content: str | bytes) -> None:
    sheet = open_sheet(save("a,b\n1,2\n"))
    save(content)

    with pytest.raises(InvalidInput, match="changed while it was read"):
        list(sheet.rows())


def test_a_file_that_vanishes_meanwhile_is_refused(save: Save) -> None:
    sheet = open_sheet(save("a,b\n1,2\n"))
    sheet.path.unlink()

    with pytest.raises(InvalidInput, match="changed while it was read"):
        list(sheet.rows())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('a,b\n1,2\n3,4\n5,"open\n6,7\n', "begins on line 4: a quote is never closed"),
        ('a,b\n"x\ny",2\n"open,4\n5,"six"\n', "begins on line 4: text follows a closing quote"),
        ('sep=,\na,b\n1,2\n"q" r,4\n', "begins on line 4: text follows a closing quote"),
        ("a,b\n1,2\n" + "x" * 100_001 + ",4\n", "begins on line 3: a cell has over 100,000"),
        ('a,b\n1,2\n3,"' + "4,5\n" * 50_000, "begins on line 3: a cell has over 100,000"),
        ("a,b\n1,2\n" + '3,"\n",' * 200_000, "begins on line 3: .* the row over 1,000,000"),
    ],
)
def test_broken_quotes_name_the_line_where_the_row_begins(
    save: Save, content: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        list(open_sheet(save(content)).rows())

    assert "quote" in caught.value.hint


def test_a_cell_of_a_hundred_thousand_characters_passes(save: Save) -> None:
    assert values(save(f"a,b\n{'x' * 100_000},2\n")) == [("x" * 100_000, "2")]


@pytest.mark.parametrize("content", ["\n\n", ",,\n,,\n", "\ufeff", "\ufeff\r\n", "sep=;\n"])
def test_a_file_without_a_single_cell_is_empty(save: Save, content: str) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        open_sheet(save(content))


@pytest.mark.parametrize("content", ["a,b", "a,b\r\n", "a,b\n\n,\n"])
def test_a_header_alone_is_refused(save: Save, content: str) -> None:
    with pytest.raises(InvalidInput, match="no rows below its first one"):
        open_sheet(save(content))


def test_written_files_suit_spreadsheet_programs() -> None:
    stream = BytesIO()
    rows = [["Müller, Jörg", "0012"], ['=1+1 "x"', "-"]]

    assert write_csv(stream, ["Name", "PIN"], rows) == 2
    assert stream.getvalue() == (
        b'\xef\xbb\xbfName,PIN\r\n"M\xc3\xbcller, J\xc3\xb6rg",0012\r\n"\'=1+1 ""x""",\'-\r\n'
    )


cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\t\r\n"))
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(cells, min_size=width, max_size=width).map(tuple), min_size=1, max_size=8
    )
)


@given(tables.filter(lambda rows: any(cell.strip() for row in rows for cell in row)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path / "table.csv"
    header = tuple(f"column {number}" for number in range(len(rows[0])))
    with path.open("wb") as stream:
        write_csv(stream, header, rows)
    sheet = open_sheet(path)

    assert (sheet.encoding, sheet.header) == ("utf-8-sig", header)
    assert [tuple(map(unguard, row.values)) for row in sheet.rows()] == [
        row for row in rows if any(cell.strip() for cell in row)
    ]


@given(st.binary(max_size=300) | st.text(alphabet='ab,;"\t\r\n=').map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_causes_anything_but_rows_or_a_clear_refusal(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "noise.csv"
    path.write_bytes(raw)
    try:
        sheet = open_sheet(path)
        rows = list(sheet.rows())
    except InvalidInput:
        return

    assert all(row.fault or len(row.values) == len(sheet.header) for row in rows)
    assert all(row.number > 1 for row in rows)


def test_a_hundred_thousand_rows_stream_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("wb") as stream:
        write_csv(
            stream,
            ["Name", "Number", "E-mail"],
            ((f"Müller {n}", str(n), f"user{n}@example.com") for n in range(100_000)),
        )
    tracemalloc.start()
    try:
        count = sum(1 for _ in open_sheet(path).rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 100_000
    assert peak < 2_000_000 < path.stat().st_size / 2
