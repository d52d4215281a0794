"""Workbooks that are damaged, protected, something else, or made to do harm: a clear refusal."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from offhook.api import InvalidInput, Record, read_records

NAMES = {"number": ["Number"]}
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]>"
)
SHARED = b"""<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<si><t>Number</t></si><si><t>1001</t></si></sst>"""
ANNOUNCED = b"""<Override PartName="/xl/sharedStrings.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>"""
Parts = dict[str, bytes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good workbook."""
    workbook = Workbook()
    workbook.active.append(["Number"])
    for number in range(100):
        workbook.active.append([str(number)])
    path = tmp_path / "users.xlsx"
    workbook.save(path)
    repack(path, share_strings)
    return path


def share_strings(parts: Parts) -> None:
    """Let A1 and A2 take their texts from a shared table, as spreadsheet programs do."""
    kinds = "[Content_Types].xml"
    parts[kinds] = parts[kinds].replace(b"</Types>", ANNOUNCED)
    parts[STRINGS] = SHARED
    for index, text in enumerate((b"Number", b"0")):
        parts[SHEET] = parts[SHEET].replace(
            b't="inlineStr"><is><t>%s</t></is>' % text, b't="s"><v>%d</v>' % index
        )


def repack(path: Path, change: Callable[[Parts], None]) -> None:
    """Change the parts of a workbook."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        list(read_records(path, NAMES))
    assert caught.value.hint
    return str(caught.value)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(path: Path) -> None:
    repack(path, lambda parts: parts.update({"xl/media/image1.png": bytes(80 * 1024 * 1024)}))

    assert path.stat().st_size < 1_000_000
    assert "unpacks to 80 MB" in refusal(path)


def test_a_sheet_that_unpacks_to_too_much_is_refused_unread(path: Path) -> None:
    with (
        ZipFile(path, "a", ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet2.xml", "w") as part,
    ):
        for _ in range(260):
            part.write(bytes(1024 * 1024))

    assert "unpacks to 260 MB" in refusal(path)


def test_a_size_that_is_a_lie_is_found_out(path: Path) -> None:
    raw = path.read_bytes()
    with ZipFile(path) as archive:
        size = archive.getinfo(SHEET).file_size
    path.write_bytes(raw.replace(size.to_bytes(4, "little"), (size - 100).to_bytes(4, "little")))

    assert "no .xlsx workbook that can be read" in refusal(path)


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "[Content_Types].xml"])
def test_an_entity_bomb_is_refused(path: Path, part: str) -> None:
    def plant(parts: Parts) -> None:
        body = parts[part].partition(b"?>")[2] or parts[part]
        start = body.index(b">") + 1
        parts[part] = LAUGHS + body[:start] + b"<x>&m;</x>" + body[start:]

    repack(path, plant)

    assert "EntitiesForbidden" in refusal(path) or "no .xlsx workbook" in refusal(path)


def test_no_entity_reads_a_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("s3cret")
    entity = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{tmp_path}/secret.txt">]>'.encode()

    def plant(parts: Parts) -> None:
        parts[STRINGS] = entity + parts[STRINGS].replace(b">1001<", b">&a;<")

    repack(path, plant)

    assert "s3cret" not in refusal(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_workbook_that_is_cut_off_is_refused(path: Path, share: float) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])

    assert "no .xlsx workbook that can be read" in refusal(path)


def test_a_sheet_that_breaks_off_is_refused_after_its_good_rows(path: Path) -> None:
    repack(path, lambda parts: parts.update({SHEET: parts[SHEET][: len(parts[SHEET]) // 2]}))
    records = read_records(path, NAMES)

    assert next(records) == Record(2, {"number": "1001"})
    with pytest.raises(InvalidInput, match=r"no \.xlsx workbook that can be read"):
        list(records)


def test_a_row_number_beyond_all_sheets_is_refused(path: Path) -> None:
    def far(parts: Parts) -> None:
        parts[SHEET] = parts[SHEET].replace(b'r="50"', b'r="999999999999"')

    repack(path, far)

    assert "more than 1,048,576 rows" in refusal(path)


def test_an_archive_of_a_version_to_come_is_refused(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xff"))

    assert "zip file version 25.5" in refusal(path)


@pytest.mark.parametrize("members", [["content.xml", "mimetype"], ["xl/workbook.bin"], []])
def test_an_archive_of_another_kind_is_refused(tmp_path: Path, members: list[str]) -> None:
    path = tmp_path / "users.ods"
    with ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(name, "x")

    assert "no .xlsx workbook" in refusal(path)


def test_old_and_protected_workbooks_are_refused(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))

    assert "an old workbook (.xls), or one that is protected by a password" in refusal(path)


@given(st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_anywhere_ends_in_records_or_a_clear_refusal(
    path: Path, data: st.DataObject
) -> None:
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    broken = path.with_name("broken.xlsx")
    broken.write_bytes(raw)
    try:
        records = list(read_records(broken, NAMES))
    except InvalidInput:
        return

    assert all(isinstance(record.values.get("number", ""), str) for record in records)
