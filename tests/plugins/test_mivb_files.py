"""MiVoice Business: every kind of file that its systems export, also very long ones."""

import ast
import tracemalloc
from base64 import b64encode
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest

import offhook_mivb
from offhook.api import InvalidInput, Skipped, SourceUser
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_mivb import Options
from offhook_mivb.facts import FACTS

GUID = UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301")
PERSON = f"""\
dn: CN=John Smith,OU=Staff,DC=example,DC=org
objectClass: user
objectGUID:: {b64encode(GUID.bytes_le).decode()}
givenName: John
sn:: {b64encode("Smïth".encode()).decode()}
sAMAccountName: smithj
mail: john.smith@exam
 ple.org
telephoneNumber: 7328
otherTelephone: 7329
employeeType: UCC (V4.0) Premium
ipPhone: West

"""
LDIF = f"""\
version: 1

# Exported from the directory
{PERSON}dn: CN=Bruce Wayne,OU=Staff,DC=example,DC=org
objectClass: user
sn: Wayne
sAMAccountName: wayneb

"""
WIZARD = (
    "First Name;Last Name;Office phone number;Office Device/User Type;Hot Desk Login Accept;"
    "Teleworker Phone Number;Teleworker Device Type;Teleworker MAC Address;Voice Mailbox\n"
    "John;Smith;7100;5340 IP;Yes;7328;UC Endpoint;;7100\n"
    "Bruce;Wayne;7400;External Hot Desk;;;;;\n"
)
BULK = "First Name,Last Name,Login ID,Email Address,Role\n"


def read(path, **options):
    connection = sample_connection("mivb", Options(file=str(path), **options))
    return list(Plugins({"mivb": offhook_mivb}).list_users(connection))


@pytest.fixture
def listed(tmp_path):
    """Return what the plugin makes of a text file, by its content alone."""

    def listed(text, name="users", **options):
        path = tmp_path / name
        path.write_text(text)
        return read(path, **options)

    return listed


def test_the_wizards_file_has_two_devices_in_a_row(listed):
    found = listed(WIZARD)

    assert found[0] == Skipped("7100", "phone type '5340 IP' has no client")
    assert [(user.fields["number"], user.phone) for user in found[1:]] == [
        ("7328", "UC Endpoint"),
        ("7400", "External Hot Desk"),
    ]


def test_the_bulk_formats_users_have_no_number_yet(listed):
    (user,) = listed(BULK + "John,Smith,smithj,john@example.org,UCC (V4.0) Standard\n")

    assert user == SourceUser(
        key="smithj",
        fields={"first_name": "John", "last_name": "Smith", "email": "john@example.org"},
        pbx="test",
        login="smithj",
        role="UCC (Vx.0) Standard",
        automatic=True,
    )


@pytest.mark.parametrize("login", ["j", "x" * 22, "j@x", "j x", '"j,x"', "jörg", ""])
def test_the_bulk_format_asks_for_a_login_of_a_certain_form(listed, login):
    (skipped,) = listed(f"{BULK}John,Smith,{login},john@example.org,Staff\n")

    assert "is not of 2 to 21 ASCII characters without @, comma and space" in skipped.reason


def test_the_bulk_format_asks_for_last_name_and_role(listed):
    assert listed(f"{BULK}John,,smithj,,Staff\nBruce,Wayne,wayneb,,\n") == [
        Skipped("smithj", "it has no last name"),
        Skipped("wayneb", "it has no role"),
    ]


def test_accounts_without_numbers_are_users_by_their_login(listed):
    user, skipped = listed(
        "Login,Last Name\nj.smith@example.org,Smith\n,Wayne\n", mode="collocated"
    )

    assert user.fields["client_service_username"] == user.key == "j.smith@example.org"
    assert skipped == Skipped("row 3", "it has neither a directory number nor a login")


def test_a_directorys_export_is_read_by_the_attributes_of_the_directory(listed):
    user, second, nobody = listed(LDIF, name="IDSManagedUsersWithNoDomain_20261123.ldf")

    assert user == SourceUser(
        key=str(GUID),
        fields={
            "first_name": "John",
            "last_name": "Smïth",
            "email": "john.smith@example.org",
            "number": "7328",
            "pbx_username": "7328",
            "gateway_username": "smithj-7328",
        },
        pbx="West",
        login="smithj",
        role="UCC (Vx.0) Premium",
        automatic=True,
    )
    assert second == Skipped("7329", "of a second number it must be known what phone it has")
    assert nobody == Skipped("wayneb", "it has no directory number")


def test_a_workbook_is_read_with_all_its_habits(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Users and Services", None, None, None, None])
    sheet.merge_cells("A1:E1")
    sheet.append(["Login", "Last Name", "Directory Number", "Device Type", None])
    sheet.append(["smithj", "Smith", 7328.0, "UC Endpoint", None])
    sheet.append(["wayneb", "Wayne", "0400", "External Hot Desk", None])
    book.save(tmp_path / "users")

    assert [user.fields["number"] for user in read(tmp_path / "users")] == ["7328", "0400"]


def test_a_csv_export_of_the_directory_itself_is_understood(listed):
    (user,) = listed("DN,sn,sAMAccountName,telephoneNumber\nCN=x,Smith,smithj,7328\n")

    assert (user.key, user.fields["number"]) == ("smithj", "7328")


def test_a_file_without_any_known_column_is_refused(listed):
    with pytest.raises(InvalidInput, match="names no known column"):
        listed("Vorname,Nachname\nJohn,Smith\n")


def test_a_site_with_other_words_overrides_what_is_assumed(listed):
    facts = (
        "csv.number=Extension; csv.login=User; csv.phone_type=Set\n"
        "phone.uc_endpoint=Softphone|Handy; role.entry=Basis; csv.role=Class;"
        "sip.gateway_username=tw-<DN>; csv.last_name=Surname"
    )
    head, rows = "User,Surname,Extension,Set,Class\n", "a,A,1,handy,Basis\nb,B,2,UC Endpoint,X\n"

    user, skipped = listed(head + rows, facts=facts)

    assert (user.login, user.phone, user.role) == ("a", "UC Endpoint", "UCC (Vx.0) Entry")
    assert user.fields["gateway_username"] == "tw-1"
    assert skipped == Skipped("2", "phone type 'UC Endpoint' has no client")


def test_nothing_is_read_by_a_name_that_is_not_in_the_map(listed):
    sections = ("csv", "phone", "role", "licence", "password")
    ours = {name for name in FACTS.all if name.partition(".")[0] in sections}
    renamed = {name: f"Zz {number}" for number, name in enumerate(sorted(ours))}
    facts = ";".join(f"{name}={other}" for name, other in renamed.items())
    cells = {
        "guid": "g-1",
        "login": "smithj",
        "first_name": "John",
        "last_name": "Smith",
        "email": "john@example.org",
        "number": "7100",
        "phone_type": FACTS.all["phone.uc_endpoint"].values[0],
        "second_number": "7328",
        "second_phone_type": FACTS.all["phone.external_hot_desk"].values[0],
        "role": "Staff",
        "template": "Sales",
        "profile": FACTS.all["role.none"].values[0],
        "pbx": "West",
        "teleworker": FACTS.all["licence.no"].values[0],
        "softphone": "yes",
        "password_option": FACTS.all["password.strong"].values[0],
    }
    words = {FACTS.all[name].values[0]: other for name, other in renamed.items()}
    plain = ",".join(FACTS.all[f"csv.{field}"].values[0] for field in cells)
    other = ",".join(renamed[f"csv.{field}"] for field in cells)
    expected = listed(f"{plain}\n{','.join(cells.values())}\n")

    assert len(expected) == 2
    assert listed(
        f"{other}\n{','.join(words.get(x, x) for x in cells.values())}\n", facts=facts
    ) == (expected)
    assert {f"csv.{field}" for field in cells} == {name for name in ours if name[:4] == "csv."}


def test_no_other_module_knows_a_name_of_the_system():
    known = {value for fact in FACTS.all.values() for value in fact.values}
    folder = Path(offhook_mivb.__file__).parent
    texts = {
        f"{path.name}: {node.value}"
        for path in folder.glob("*.py")
        if path.name != "facts.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in known
    }

    assert texts == set()


@pytest.mark.parametrize("kind", ["csv", "ldif"])
def test_of_every_person_only_login_and_number_are_kept_in_memory(tmp_path, kind):
    path = tmp_path / "users"
    peaks = {count: peak(WRITERS[kind](path, count), count) for count in (2_000, 50_000)}

    assert peaks[50_000] < peaks[2_000] + 48_000 * 200


def write_csv(path, count):
    rows = (f"u{n},Name {n},{10_000 + n},UC Endpoint\n" for n in range(count))
    with path.open("w") as file:
        file.write("Login,Last Name,Directory Number,Device Type\n")
        file.writelines(rows)
    return path


def write_ldif(path, count):
    with path.open("w") as file:
        file.write("version: 1\n\n")
        for n in range(count):
            file.write(f"dn: CN=u{n}\nsn: Name {n}\nsAMAccountName: u{n}\ntelephoneNumber: {n}\n\n")
    return path


WRITERS = {"csv": write_csv, "ldif": write_ldif}


def peak(path, count):
    """Return the most memory in bytes that reading so many users took."""
    connection = sample_connection("mivb", Options(file=str(path)))
    users = Plugins({"mivb": offhook_mivb}).list_users(connection)
    tracemalloc.start()
    try:
        assert sum(isinstance(each, SourceUser) for each in users) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
