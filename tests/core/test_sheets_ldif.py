"""LDIF files (RFC 2849) as directories export them."""

import tracemalloc
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offhook.api import InvalidInput, Record, read_records
from offhook.sheets import ldif
from offhook.sheets.records import open_table

NAMES = {
    "number": ["telephoneNumber", "ipPhone"],
    "name": ["sn"],
    "key": ["objectGUID"],
}
ANA = "dn: cn=Ana,dc=x\nsn: Ruiz\ntelephoneNumber: 1001\n"
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save_as(text: str, encoding: str = "utf-8", newline: str = "\n") -> Path:
        path = tmp_path / "users.ldf"
        path.write_bytes(text.replace("\n", newline).encode(encoding))
        return path

    return save_as


def read(path: Path) -> list[Record]:
    return list(read_records(path, NAMES))


def base64(text: str | bytes) -> str:
    return b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "start", ["", "version: 1\n", "version: 1\n\n", "\n\n# of today\n  all of it\n\nversion: 1\n\n"]
)
def test_entries_are_read(save: Save, start: str, encoding: str, newline: str) -> None:
    text = f"{start}{ANA}\ndn: cn=Bo,dc=x\nsn: Müßig\ntelephoneNumber: 1002"

    assert read(save(text, encoding, newline)) == [
        Record(1, {"number": "1001", "name": "Ruiz"}),
        Record(2, {"number": "1002", "name": "Müßig"}),
    ]


def test_folded_lines_are_joined(save: Save) -> None:
    text = "dn: cn=Ana,\n  dc=x\nsn: Ru\n iz\n  Gómez\ntelephone\n Number: 10\n 0\n 1\n"

    assert read(save(text)) == [Record(1, {"number": "1001", "name": "Ruiz Gómez"})]


def test_folded_comments_are_left_out(save: Save) -> None:
    text = "dn: cn=Ana\n# sn: Wrong\n  telephoneNumber: 1\nsn: Ruiz\n#\ntelephoneNumber: 1001\n"

    assert read(save(text)) == [Record(1, {"number": "1001", "name": "Ruiz"})]


def test_base64_is_decoded_folded_or_not(save: Save) -> None:
    coded = base64("Щёлокова 👩🏽‍💻")
    text = f"dn:: {base64('cn=Щ')}\nsn::{coded[:9]}\n {coded[9:]}\ntelephoneNumber:: MTAwMQ==\n"

    assert read(save(text)) == [Record(1, {"number": "1001", "name": "Щёлокова 👩🏽‍💻"})]


def test_a_guid_is_written_as_microsoft_writes_it(save: Save) -> None:
    guid = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
    text = f"{ANA}objectGUID:: {base64(guid.bytes_le)}\n"

    assert read(save(text))[0].values["key"] == str(guid)


def test_names_of_attributes_have_no_case_and_no_options(save: Save) -> None:
    text = "DN: cn=Ana\nSN;lang-es: Ruiz\nTelephonenumber: 1001\n"

    assert read(save(text)) == [Record(1, {"number": "1001", "name": "Ruiz"})]


def test_the_first_of_several_values_counts(save: Save) -> None:
    assert read(save(f"{ANA}telephoneNumber: 1002\n"))[0].values["number"] == "1001"


def test_the_preferred_attribute_wins_and_what_an_entry_lacks_is_empty(save: Save) -> None:
    text = f"{ANA}ipPhone: 77\n\ndn: cn=Bo\nsn: Bo\nipPhone: 78\n"

    assert [record.values for record in read(save(text))] == [
        {"number": "1001", "name": "Ruiz"},
        {"number": "", "name": "Bo"},
    ]


def test_it_is_told_which_attributes_are_there(save: Save) -> None:
    with open_table(save(f"{ANA}mail: a@x.org\n"), NAMES) as table:
        assert table.columns == {"number": "telephoneNumber", "name": "sn"}
        assert table.unknown == ("dn", "mail")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("sn:: Ru*z", "line 2, sn: its base64 is broken"),
        ("sn:: UnVpe", "line 2, sn: its base64 is broken"),
        (f"sn:: {base64(bytes([0xFC, 0xFF]))}", "line 2, sn: its base64 holds no UTF-8 text"),
        ("sn:< file:///etc/hosts", "line 2, sn: its value is kept at an address"),
        ("Ruiz", "line 2 is not of the form name: value"),
    ],
)
def test_a_broken_value_is_a_fault_of_its_entry_naming_the_line(
    save: Save, line: str, fault: str
) -> None:
    text = f"dn: cn=Bo\n{line}\ntelephoneNumber: 1002\n\n{ANA}"
    bad, good = read(save(text))

    assert bad.fault.startswith(fault)
    assert bad.values.get("name", "") == ""
    assert good == Record(2, {"number": "1001", "name": "Ruiz"})


def test_what_is_not_read_may_be_broken(save: Save) -> None:
    text = f"{ANA}jpegPhoto:: ***\nusercertificate;binary:< file:///x\n"

    assert read(save(text)) == [Record(1, {"number": "1001", "name": "Ruiz"})]


def test_an_entry_without_a_name_is_a_fault(save: Save) -> None:
    _, second = read(save(f"{ANA}\nsn: Bo\ntelephoneNumber: 1002\n"))

    assert second.fault == "line 5: the entry does not begin with dn"


@pytest.mark.parametrize("change", ["modify", "delete", "modrdn", "MODDN"])
def test_a_file_of_changes_is_refused_before_anything_is_read(save: Save, change: str) -> None:
    path = save(f"{ANA}\ndn: cn=Bo\nchangetype: {change}\nreplace: sn\nsn: Bo\n-\n")

    message = rf"line 6: it holds changes \({change.lower()}\), not entries"
    with pytest.raises(InvalidInput, match=message) as caught:
        next(read_records(path, NAMES))
    assert "ldapsearch" in caught.value.hint


def test_additions_are_entries_as_ldifde_writes_them(save: Save) -> None:
    text = "dn: cn=Ana\nchangetype: add\nsn: Ruiz\ntelephoneNumber: 1001\n"

    assert read(save(text)) == [Record(1, {"number": "1001", "name": "Ruiz"})]


def test_a_file_without_any_known_attribute_is_refused(save: Save) -> None:
    with pytest.raises(InvalidInput, match="names no known column") as caught:
        read(save("dn: cn=Ana\nuid: ana\n"))
    assert "telephoneNumber, sn, objectGUID" in caught.value.hint


def test_a_line_without_end_is_refused(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldif, "MAX_LINE", 1000)
    with pytest.raises(InvalidInput, match="line 14: it is too long"):
        read(save(f"{ANA}jpegPhoto:: AAAA\n" + f" {'A' * 99}\n" * 12))


def test_fifty_thousand_entries_stream_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "many.ldif"
    with path.open("w") as file:
        for n in range(50_000):
            file.write(f"dn: cn=u{n}\nsn:: {base64(f'Müller {n}')}\ntelephoneNumber: {n}\n\n")
    tracemalloc.start()
    try:
        count = sum(not record.fault for record in read_records(path, NAMES))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 50_000
    assert peak < 2_000_000 < path.stat().st_size


@given(st.text(alphabet="dns: \n#-=:<a1", max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_causes_anything_but_entries_or_a_clear_refusal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "noise.ldif"
    path.write_text(f"dn: x\nsn: y\n{text}")
    try:
        records = read(path)
    except InvalidInput:
        return

    assert [record.number for record in records] == list(range(1, len(records) + 1))
    assert all(record.fault or record.values.keys() == {"name"} for record in records)
