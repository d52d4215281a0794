"""Every PBX's plugin reads what the simulator exports for it, quirks of spreadsheets included."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import offhook_mivb
import offhook_mv5000
import offhook_mvo400
import offhook_mx_one
from offhook.api import Skipped, SourceUser
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_simulators.commands import root
from offhook_simulators.exports import EXPORTS, Person, write_export

USERS = 200
NUMBERED = [name for name in EXPORTS if name != "mivb-bulk"]
PEOPLE = {person.number: person for person in map(Person, range(USERS))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every export."""
    folder = tmp_path_factory.mktemp("exports")
    for name in EXPORTS:
        write_export(name, folder / name, USERS)
    return folder


def options(name: str, file: Path) -> Any:
    system = name.partition("-")[0]
    if system == "mivb":
        return offhook_mivb.Options(file=str(file))
    if system == "mv5000":
        return offhook_mv5000.Options(source="file", file=str(file))
    if system == "mx":
        return offhook_mx_one.Options(source="csv", file=str(file))
    return offhook_mvo400.Options(files=(str(file),))


def listed(name: str, file: Path) -> list[SourceUser | Skipped]:
    system = name.partition("-")[0]
    connection = sample_connection({"mx": "mx_one"}.get(system, system), options(name, file))
    return list(Plugins.installed().list_users(connection))


def left_out(name: str, person: Person) -> bool:
    """Tell who cannot come out of an export: desk phones, where it knows phones; spoilt numbers."""
    knows_phones = name not in {"mivb-ldif", "mvo400-csv"}
    spoilt = name in {"mivb-xlsx", "mvo400"} and not isinstance(person.spoilt, float)
    return (knows_phones and not person.has_client) or spoilt


@pytest.mark.parametrize("name", NUMBERED)
def test_everybody_comes_out_or_is_left_out_with_a_reason(name: str, folder: Path) -> None:
    found = listed(name, folder / name)
    users = {user.fields["number"] for user in found if isinstance(user, SourceUser)}
    skipped = [each for each in found if isinstance(each, Skipped)]

    assert users == {number for number, each in PEOPLE.items() if not left_out(name, each)}
    assert len(users) + len(skipped) == USERS
    assert all(each.reason for each in skipped)


@pytest.mark.parametrize("name", NUMBERED)
def test_names_and_addresses_arrive(name: str, folder: Path) -> None:
    for user in listed(name, folder / name):
        if not isinstance(user, SourceUser):
            continue
        person = PEOPLE[str(user.fields["number"])]
        names = user.fields["first_name"], user.fields["last_name"]
        narrow = name in {"mivb-wizard", "mv5000"}
        lost = [each.encode("cp1252", "replace").decode("cp1252") for each in person.names]
        assert names == (tuple(lost) if narrow else person.names)
        assert user.fields.get("email", person.email) == person.email


def test_a_spoilt_number_is_explained(folder: Path) -> None:
    (first, *_) = [
        each for each in listed("mvo400", folder / "mvo400") if isinstance(each, Skipped)
    ][1:]

    assert "holds a date or a time: format the column as text" in first.reason


def test_bulk_files_know_people_without_numbers(folder: Path) -> None:
    found = listed("mivb-bulk", folder / "mivb-bulk")

    assert len(found) == USERS


def test_exports_are_always_the_same(folder: Path, tmp_path: Path) -> None:
    for name in ("mivb", "mivb-ldif", "mv5000"):
        write_export(name, tmp_path / name, USERS)
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_the_command_writes_an_export(tmp_path: Path) -> None:
    result = CliRunner().invoke(root, ["export", "mvo400", str(tmp_path / "a"), "--users", "3"])

    assert result.exit_code == 0
    assert len(listed("mvo400", tmp_path / "a")) == 3
