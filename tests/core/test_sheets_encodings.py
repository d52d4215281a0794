"""What a file is, found out before a single row is believed."""

import os
from pathlib import Path

import pytest

from offhook.errors import InvalidInput
from offhook.sheets.csvfile import open_sheet
from offhook.sheets.encodings import examine

TEXT = "Name,City\r\nJörg,Łódź\r\n"
WESTERN = "Name,City\r\nJörg,Köln “€”\r\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize(
    ("codec", "found", "text"),
    [
        ("utf-8", "utf-8", TEXT),
        ("utf-8-sig", "utf-8-sig", TEXT),
        ("utf-16", "utf-16", TEXT),
        ("cp1252", "cp1252", WESTERN),
        ("ascii", "utf-8", "Name,City\r\nAnna,Bonn\r\n"),
    ],
)
def test_the_encoding_is_found(path: Path, codec: str, found: str, text: str) -> None:
    path.write_bytes(text.encode(codec))
    sheet = open_sheet(path)

    assert sheet.encoding == found
    assert sheet.header == ("Name", "City")
    assert [",".join(row.values) for row in sheet.rows()] == text.splitlines()[1:]


def test_big_endian_utf_16_is_read(path: Path) -> None:
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))

    assert next(open_sheet(path).rows()).values == ("Jörg", "Łódź")


@pytest.mark.parametrize("offset", range(-3, 3))
def test_a_late_byte_that_is_not_utf_8_decides_for_the_whole_file(path: Path, offset: int) -> None:
    before = (b"a,b\n" + b"1,2\n" * 100_000)[: 256 * 1024 + offset]
    path.write_bytes(before + b"\xfcb,2\n")

    assert examine(path).encoding == "cp1252"


@pytest.mark.parametrize("offset", range(4))
def test_a_letter_across_two_chunks_is_still_utf_8(path: Path, offset: int) -> None:
    path.write_bytes(b"x" * (256 * 1024 - offset) + "🎉\n".encode())

    assert examine(path).encoding == "utf-8"


def test_a_file_of_two_encodings_is_refused_with_its_line(path: Path) -> None:
    path.write_bytes("a,b\nJörg,1\n".encode() + b"x,1\n" * 100_000 + "Jörg,2\n".encode("cp1252"))

    with pytest.raises(InvalidInput, match="begins as UTF-8, but line 100003 holds bytes"):
        examine(path)


def test_a_broken_file_with_a_byte_order_mark_is_refused(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n\xfc,2\r\n")

    with pytest.raises(InvalidInput, match="begins as UTF-8, but line 2"):
        examine(path)


def test_bytes_of_no_encoding_are_refused(path: Path) -> None:
    path.write_bytes(b"a,b\rx,1\r\xfc\x81,2\r")

    with pytest.raises(InvalidInput, match="neither UTF-8 nor Windows-1252: see line 3"):
        examine(path)


@pytest.mark.parametrize(
    "head", [b"PK\x03\x04rest", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"]
)
def test_spreadsheets_are_refused_with_advice(path: Path, head: bytes) -> None:
    path.write_bytes(head)

    with pytest.raises(InvalidInput, match="is a spreadsheet or an archive") as caught:
        examine(path)

    assert "Save it as CSV" in caught.value.hint


def test_a_table_whose_first_column_is_pk_is_no_archive(path: Path) -> None:
    path.write_bytes(b"PK,Name\n1,Anna\n")

    assert examine(path).encoding == "utf-8"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,\x00\n", "0x00"),
        ("a,b\n1,2\n".encode("utf-16-le"), "0x00"),
        ("a,b\n1,2\n".encode("utf-32"), "0x00"),
        (b"a,b\n" + b"1,2\n" * 100_000 + b"\x1b[0m", "0x1B"),
        (b"\x89PNG\r\n\x1a\n", "0x1A"),
    ],
)
def test_binary_files_are_refused(path: Path, content: bytes, code: str) -> None:
    path.write_bytes(content)
    wanted = f"is not a text file: it holds the control character {code}"

    with pytest.raises(InvalidInput, match=wanted):
        examine(path)


def test_an_empty_file_is_refused(path: Path) -> None:
    path.touch()

    with pytest.raises(InvalidInput, match="is empty"):
        examine(path)


def test_two_gigabytes_are_refused_by_their_size(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)

    with pytest.raises(InvalidInput, match="has 2,048 MB; the limit is 256 MB") as caught:
        examine(path)

    assert "Split" in caught.value.hint


def test_what_is_not_there_is_said(path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no file .*people\.csv"):
        examine(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a folder"):
        examine(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_it(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(InvalidInput, match="is not a regular file"):
        examine(path)


def test_a_file_that_cannot_be_reached_is_refused_with_the_reason(path: Path) -> None:
    path.symlink_to(path)

    with pytest.raises(InvalidInput, match="cannot be read: Too many levels of symbolic links"):
        examine(path)
