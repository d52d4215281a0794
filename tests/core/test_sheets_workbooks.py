"""Workbooks (.xlsx) as spreadsheet programs and PBXs write them, and as attackers do."""

import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from offhook.api import InvalidInput, Record, read_records
from offhook.sheets.records import open_table

NAMES = {"number": ["Number", "Extension"], "last_name": ["Last name"]}
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save_as(*rows: Sequence[Any], **others: Iterable[Sequence[Any]]) -> Path:
        """Save *rows* as the sheet Users, behind the sheets *others*."""
        workbook = Workbook()
        workbook.remove(workbook.active)
        for name, cells in {**others, "Users": rows}.items():
            sheet = workbook.create_sheet(name)
            for row in cells:
                sheet.append(list(row))
        path = tmp_path / "export.dat"  # the name does not matter
        workbook.save(path)
        return path

    return save_as


def read(path: Path, **options: object) -> list[Record]:
    return list(read_records(path, NAMES, **options))


def repack(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Change the parts of a workbook."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, change(name, body))
    return path


def test_rows_are_numbered_as_the_spreadsheet_program_does(save: Save) -> None:
    path = save(["Number", "Last name"], ["1001", "Ruiz"], [], ["1003", "Müßig 👩🏽"])

    assert read(path) == [
        Record(2, {"number": "1001", "last_name": "Ruiz"}),
        Record(4, {"number": "1003", "last_name": "Müßig 👩🏽"}),
    ]


@pytest.mark.parametrize(
    ("value", "shown_as", "text"),
    [
        *[(103, "0000", "0103"), (103.0, "0000", "0103"), (7, "0", "7"), (71001, "0000", "71001")],
        *[(103, "00-00", "103"), (103, "#,##0", "103"), (0, "000", "000"), (1.5, "000", "1.5")],
    ],
)
def test_zeros_that_a_format_shows_belong_to_the_number(
    tmp_path: Path, value: float, shown_as: str, text: str
) -> None:
    workbook = Workbook()
    sheet = workbook.create_sheet("Users", 0)
    sheet.append(["Number"])
    sheet.append([value])
    sheet["A2"].number_format = shown_as
    workbook.save(tmp_path / "users.xlsx")

    assert read(tmp_path / "users.xlsx") == [Record(2, {"number": text})]


def test_a_format_that_the_workbook_does_not_have_is_none(save: Save) -> None:
    path = save(["Number"], [1001])
    repack(path, lambda name, body: body.replace(b'r="A2"', b'r="A2" s="99"'))

    assert read(path) == [Record(2, {"number": "1001"})]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        *[(1001, "1001"), (1001.0, "1001"), (12.5, "12.5"), (-3, "-3"), (10**15 - 1, "9" * 15)],
        *[("0012", "0012"), ("  1001 ", "1001"), ("1001.0", "1001"), (None, ""), (True, "true")],
    ],
)
def test_cells_become_the_texts_that_were_meant(save: Save, cell: object, text: str) -> None:
    path = save(["Number", "Last name"], [cell, "Ruiz"])

    assert read(path) == [Record(2, {"number": text, "last_name": "Ruiz"})]


@pytest.mark.parametrize(
    "cell", [date(2026, 1, 10), datetime.fromisoformat("2026-01-10T08:00"), time(10), timedelta(2)]
)
def test_a_date_is_a_fault_that_says_what_to_do(save: Save, cell: object) -> None:
    bad, good = read(save(["Number", "Last name"], [cell, "Ruiz"], ["1002", "Bo"]))

    assert bad.values == {"number": "", "last_name": "Ruiz"}
    advice = "format the column as text and enter the value again"
    assert bad.fault == f"column 'Number' holds a date or a time: {advice}"
    assert good.fault == ""


def test_a_date_that_cannot_be_is_a_fault_without_a_warning(save: Save) -> None:
    path = save(["Number", "Last name"], [date(2026, 1, 10), "Ruiz"])
    repack(path, lambda name, body: body.replace(b"<v>46032</v>", b"<v>99999999</v>"))

    assert "error #VALUE!" in read(path)[0].fault


def test_rounded_numbers_and_errors_are_faults(save: Save) -> None:
    rounded, error = read(save(["Number", "Last name"], [4.93e17, "Ruiz"], ["#N/A", "#REF!"]))

    assert "rounded" in rounded.fault
    assert error.fault.count("holds the error") == 2


def test_a_formula_counts_with_its_last_value(save: Save) -> None:
    path = save(["Number", "Last name"], ["=1000+1", "Ruiz"])
    repack(
        path,
        lambda name, body: body.replace(b"<v></v>", b"<v>1001</v>").replace(
            b"<v />", b"<v>1001</v>"
        ),
    )

    assert read(path) == [Record(2, {"number": "1001", "last_name": "Ruiz"})]


def test_merged_titles_above_and_empty_columns_beside_are_passed_over(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    sheet["B2"] = "Users of the site, 2026"
    sheet.merge_cells("B2:F2")
    for row in (["", "Extension\nof the user", "Last\nname", "", ""], ["", 1001.0, "Ruiz", "", ""]):
        sheet.append(row)
    path = tmp_path / "titles.xlsx"
    workbook.save(path)
    names = {"number": ["Extension of the user"], "last_name": ["Last name"]}

    assert list(read_records(path, names)) == [
        Record(4, {"number": "1001", "last_name": "Ruiz"}),
    ]


def test_the_sheet_with_the_most_columns_is_read(save: Save) -> None:
    path = save(["Number", "Last name"], ["1001", "Ruiz"], Numbers=[["Number"], ["77"]])

    with open_table(path, NAMES) as table:
        assert table.sheet == "Users"
        assert [record.values["number"] for record in table.records] == ["1001"]


def test_a_named_sheet_is_read_whatever_the_others_hold(save: Save) -> None:
    path = save(["Number", "Last name"], ["1001", "Ruiz"], Numbers=[["Number"], ["77"]])

    assert read(path, sheets=["Subscribers", "numbers"]) == [Record(2, {"number": "77"})]


def test_a_hidden_sheet_is_read_only_by_its_name(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.append(["Number"])
    workbook.active.append(["1001"])
    hidden = workbook.create_sheet("Old")
    hidden.append(["Number", "Last name"])
    hidden.append(["77", "Gone"])
    hidden.sheet_state = "hidden"
    path = tmp_path / "hidden.xlsx"
    workbook.save(path)

    assert read(path) == [Record(2, {"number": "1001"})]
    assert read(path, sheets=["Old"]) == [Record(2, {"number": "77", "last_name": "Gone"})]


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(save: Save) -> None:
    with pytest.raises(InvalidInput, match="has no sheet 'Subscribers' or 'People'") as caught:
        read(save(["Number"], ["1"], Trunks=[]), sheets=["Subscribers", "People"])

    assert "'Trunks', 'Users'" in caught.value.hint


def test_what_the_file_says_of_its_size_is_not_believed(save: Save) -> None:
    path = save(["Number", "Last name"], ["1001", "Ruiz"])
    repack(path, lambda name, body: body.replace(b'ref="A1:B2"', b'ref="A1:A1"'))

    assert read(path) == [Record(2, {"number": "1001", "last_name": "Ruiz"})]


def test_an_empty_sheet_is_refused(save: Save) -> None:
    with pytest.raises(InvalidInput, match="the sheet 'Users' is empty"):
        read(save())


def test_a_sheet_with_other_columns_is_refused(save: Save) -> None:
    with pytest.raises(InvalidInput, match="names no known column"):
        read(save(["Shoe size"], [44]))


def test_a_header_without_rows_is_refused_not_taken_for_nobody(save: Save) -> None:
    with pytest.raises(InvalidInput, match="no rows below its header"):
        read(save(["Number", "Last name"]))


def test_fifty_thousand_rows_stream_in_bounded_memory(tmp_path: Path) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Users")
    sheet.append(["Number"])
    for number in range(50_000):
        sheet.append([number])
    path = tmp_path / "many.xlsx"
    workbook.save(path)
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_records(path, NAMES))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 50_000
    assert peak < 15_000_000
