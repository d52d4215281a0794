"""Fields read from the files of other systems: what is common to all formats, and CSV."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offhook.api import InvalidInput, Record, read_records
from offhook.sheets.records import open_table

NAMES = {
    "number": ["Directory Number", "Extension"],
    "last_name": ["Last Name", "Surname"],
    "email": ["E-mail"],
}
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save_as(content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "users.export"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return save_as


def read(path: Path, **options: object) -> list[Record]:
    return list(read_records(path, NAMES, **options))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found(save: Save, encoding: str, separator: str) -> None:
    text = "Extension|Surname|E-mail\r\n1001|Müßig|jm@x.org\r\n".replace("|", separator)

    assert read(save(text, encoding)) == [
        Record(2, {"number": "1001", "last_name": "Müßig", "email": "jm@x.org"})
    ]


def test_a_line_break_in_a_cell_becomes_a_space(save: Save) -> None:
    assert read(save('Extension;Surname\r\n1001;"Ruiz \r\nGarcía\n"\r\n')) == [
        Record(2, {"number": "1001", "last_name": "Ruiz García"})
    ]


def test_only_fields_that_have_a_column_are_told(save: Save) -> None:
    assert read(save("Extension;Room;E-mail\n1001;12;\n")) == [
        Record(2, {"number": "1001", "email": ""})
    ]


def test_rows_above_the_header_and_empty_columns_are_passed_over(save: Save) -> None:
    path = save(
        "Users of the site, with; or without mail;;;\n;;;\nSurname;Extension;;\nRuiz;1001;;\n"
    )

    assert read(path) == [Record(4, {"number": "1001", "last_name": "Ruiz"})]


def test_the_preferred_name_wins_where_several_columns_fit(save: Save) -> None:
    path = save("Extension,Directory Number\n77,1001\n")

    assert read(path) == [Record(2, {"number": "1001"})]


def test_one_column_can_be_two_fields(save: Save) -> None:
    names = {"number": ["Extension"], "login": ["Login", "Extension"]}
    records = list(read_records(save("Extension,Name\n1001,Ruiz\n"), names))

    assert records == [Record(2, {"number": "1001", "login": "1001"})]


def test_foreign_columns_may_lack_a_name_or_share_one(save: Save) -> None:
    assert read(save("Phone,,Extension,Phone\n1,2,1001,4\n")) == [Record(2, {"number": "1001"})]


def test_a_column_that_is_needed_may_not_be_there_twice(save: Save) -> None:
    with pytest.raises(InvalidInput, match="column 'Extension': it is there 2 times"):
        read(save("Extension,extension\n1,2\n"))


def test_the_name_of_a_field_is_no_name_of_a_column(save: Save) -> None:
    with open_table(save("Extension,number\n1001,x\n"), NAMES) as table:
        assert (table.columns, table.unknown) == ({"number": "Extension"}, ("number",))


def test_a_required_column_is_missed(save: Save) -> None:
    with pytest.raises(InvalidInput, match="no column 'Directory Number' or 'Extension'") as caught:
        read(save("Surname,Number\nRuiz,1001\n"), required=["last_name", "number"])

    assert "'Number'" in caught.value.hint
    assert "option facts" in caught.value.hint


def test_a_file_without_any_known_column_is_refused(save: Save) -> None:
    with pytest.raises(InvalidInput, match="names no known column") as caught:
        read(save("Shoe size,Hat\n44,57\n"))

    assert "Directory Number, Last Name, E-mail" in caught.value.hint


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1001.0", "1001"), ("1001,00", "1001"), ("'+49 30 1", "+49 30 1"), (" 1001\u00a0", "1001")]
    + [(text, text) for text in ("0012", "1*001", "12.5", "#12", "1.0.0", "12E3", "'s-Graven")],
)
def test_what_spreadsheet_programs_do_to_numbers_is_undone(
    save: Save, written: str, meant: str
) -> None:
    assert read(save(f"Extension;Surname\n{written};Ruiz\n")) == [
        Record(2, {"number": meant, "last_name": "Ruiz"})
    ]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_an_error_cell_is_a_fault_of_its_row_only(save: Save, error: str) -> None:
    bad, good = read(save(f"Extension;Surname\n{error};Ruiz\n1002;Bo\n"))

    assert bad.values == {"number": "", "last_name": "Ruiz"}
    assert bad.fault == f"column 'Extension' holds the error {error}: correct the cell"
    assert good == Record(3, {"number": "1002", "last_name": "Bo"})


def test_a_cell_that_two_fields_share_is_one_fault(save: Save) -> None:
    names = {"number": ["Extension"], "login": ["Extension"]}
    (record,) = read_records(save("Extension,Name\n#N/A,Ruiz\n"), names)

    assert record.fault == "column 'Extension' holds the error #N/A: correct the cell"


def test_a_rounded_number_is_a_fault_that_says_what_to_do_and_does_not_show_it(save: Save) -> None:
    (record,) = read(save("Extension;Surname\n4,93012E+11;Ruiz\n"))

    assert "rounded: format the column as text and enter the value again" in record.fault
    assert "4,93" not in record.fault


def test_an_error_in_a_column_that_is_not_read_is_no_matter(save: Save) -> None:
    assert read(save("Extension;Age\n1001;#N/A\n")) == [Record(2, {"number": "1001"})]


def test_a_row_of_another_width_is_a_fault(save: Save) -> None:
    short, good = read(save("Extension;Surname;E-mail\n1001;Ruiz\n1002;Bo;b@x.org\n"))

    assert short.values == {}
    assert short.fault.startswith("the row has 2 cells, the header 3")
    assert good.fault == ""


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "is empty", "first row"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"an old workbook \(.xls\)", ".xlsx"),
        (b"Extension\x00,Surname\n1,2\n", "control character", "CSV"),
        (b"Extension\n", "no rows below", "each row"),
    ],
)
def test_files_that_cannot_be_used_are_refused(
    save: Save, content: bytes, message: str, hint: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        read(save(content))

    assert hint in caught.value.hint


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        read(tmp_path / "users.csv")
    with pytest.raises(InvalidInput, match="is a folder"):
        read(tmp_path)


def test_the_separator_is_the_one_that_shows_the_columns(save: Save) -> None:
    path = save("Users, all of them, of Berlin, Ulm\nSurname;Extension\nRuiz, Ana;1001\n")

    assert read(path) == [Record(3, {"number": "1001", "last_name": "Ruiz, Ana"})]
