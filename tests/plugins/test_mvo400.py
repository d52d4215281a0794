"""The plugin for MiVoice Office 400, held against exports as spreadsheet programs leave them."""

import ast
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

import offhook_mvo400
from offhook.api import InvalidInput, Skipped, SourceUser
from offhook.doors import Plugins
from offhook.testing import PluginContract, sample_connection
from offhook_mvo400.facts import FACTS

HEADER = ("Number", "First name", "Last name", "E-mail", "MiCollab role", "Terminal type")
ANA = ("1001", "Ana", "Ruiz", "ana@x.org", "Standard", "MiCollab Client")
FIELDS = ("number", "first_name", "last_name", "email")


def connect(*files: Path, **options: Any) -> Any:
    chosen = offhook_mvo400.Options(files=tuple(map(str, files)), **options)
    return sample_connection("mvo400", chosen)


def user(number: str, *names: str, role: str = "", phone: str = "") -> SourceUser:
    fields = dict(zip(FIELDS, (number, *names), strict=False)) | {"pbx_username": number}
    return SourceUser(key=number, fields=fields, pbx="test", role=role, phone=phone, automatic=True)


ANA_USER = user(*ANA[:4], role="Standard", phone="MiCollab Client")


class Exports:
    """Writes export files of the PBX."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def workbook(
        self, *rows: Sequence[Any], name: str = "a.xlsx", sheet: str = "User list"
    ) -> Path:
        workbook = Workbook()
        workbook.active.title = "Abbreviated dialling list"
        workbook.active.append(["Number", "Name"])
        workbook.active.append(["7001", "Taxi"])
        users = workbook.create_sheet(sheet)
        for row in rows:
            users.append(list(row))
        workbook.save(self.folder / name)
        return self.folder / name

    def csv(self, *rows: Sequence[str], name: str = "a.csv", encoding: str = "utf-8") -> Path:
        text = "".join(";".join(row) + "\r\n" for row in rows)
        (self.folder / name).write_text(text, encoding=encoding, newline="")
        return self.folder / name


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


class TestMvo400(PluginContract):
    plugin = offhook_mvo400
    options = offhook_mvo400.Options(files=("no/such/export.xlsx",))

    def test_its_type_allows_every_codec_but_opus(self, plugins: Plugins) -> None:
        pbx = plugins.pbx_types["mvo400"]

        assert set(pbx.codecs) == {"g722", "g722.1", "g729", "pcma", "pcmu"}
        assert pbx.phones == ("MiCollab Client", "MiCollab", "SIP")
        assert pbx.credentials == ("file", "hand")

    def test_its_clients_start_with_tls_and_digits_in_the_audio(self, plugins: Plugins) -> None:
        pbx = plugins.pbx_types["mvo400"]

        assert pbx.defaults == {"sip_transport": "tls", "audio_codec": "g722", "dtmf": "rfc4733"}
        assert pbx.defaults["audio_codec"] in pbx.codecs

    def test_users_come_from_their_sheet(self, plugins: Plugins, exports: Exports) -> None:
        path = exports.workbook(HEADER, ANA)

        assert list(plugins.list_users(connect(path))) == [ANA_USER]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
    def test_users_come_from_csv(self, plugins: Plugins, exports: Exports, encoding: str) -> None:
        path = exports.csv(HEADER[:4], ("1001", "Jürgen", "Müßig", ""), encoding=encoding)

        assert list(plugins.list_users(connect(path))) == [user("1001", "Jürgen", "Müßig", "")]

    def test_what_spreadsheet_programs_do_is_undone(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        rows = (["Users", *[None] * 8], [], [*HEADER, None, None], [1001.0, *ANA[1:], None, None])

        assert list(plugins.list_users(connect(exports.workbook(*rows)))) == [ANA_USER]

    def test_who_is_left_out_is_told_with_the_reason(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        path = exports.workbook(
            HEADER,
            ANA,
            (1002, "Bo", "Li", "", "Standard", "Office 1560"),
            (datetime.fromisoformat("2026-01-03"), "Cy", "Eng", "", "", ""),
            ("", "Di", "Nu", "", "", ""),
            ("1001", "Eve", "Ox", "", "", "SIP"),
            ("1006", "Flo", "#N/A", "", "", ""),
            ("Total", 6, "", "", "", ""),
        )
        first, *rest = plugins.list_users(connect(path))

        assert first == ANA_USER
        assert [type(each) for each in rest] == [Skipped] * 6
        assert [each.key for each in rest] == ["1002", "row 4", "row 5", "1001", "1006", "Total"]
        for each, reason in zip(
            rest,
            [
                "a phone of the type 'Office 1560' can have no client",
                "column 'Number' holds a date or a time: format the column as text",
                "it has no directory number",
                "its number is there twice; the first entry counts",
                "column 'Last name' holds the error #N/A: correct the cell",
                "'Total' is no directory number: it may have digits, * and # only",
            ],
            strict=True,
        ):
            assert each.reason.startswith(reason)

    def test_what_has_no_column_is_not_known_what_has_no_text_is_empty(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        path = exports.csv(("Number", "E-mail"), ("1001", ""))
        (only,) = plugins.list_users(connect(path))

        assert only.fields == {"number": "1001", "email": "", "pbx_username": "1001"}

    def test_clients_register_as_the_number_unless_the_system_says_otherwise(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        path = exports.csv(("Number", "SIP user name"), ("1001", "sip-1001"), ("1002", ""))

        for facts, second in {"": "1002", "sip.username=ext<DN>": "ext1002"}.items():
            names = [
                user.fields["pbx_username"]
                for user in plugins.list_users(connect(path, facts=facts))
            ]
            assert names == ["sip-1001", second]

    def test_a_later_file_supplements(self, plugins: Plugins, exports: Exports) -> None:
        first = exports.csv(HEADER[:4], ("1001", "Ana", "Ruiz", ""), ("1002", "Bo", "", ""))
        second = exports.csv(
            ("Number", "Last name", "E-mail"),
            *[("1003", "Eng", ""), ("1001", "Other", "ana@x.org"), ("1001", "Again", "")],
            name="b.csv",
        )
        *users, twice = plugins.list_users(connect(first, second))

        assert users == [
            user("1001", "Ana", "Ruiz", "ana@x.org"),
            user("1002", "Bo", "", ""),
            SourceUser(
                key="1003",
                fields={"number": "1003", "last_name": "Eng", "email": "", "pbx_username": "1003"},
                pbx="test",
                automatic=True,
            ),
        ]
        assert twice == Skipped("1001", "its number is there twice; the first entry counts")

    def test_a_later_file_replaces_where_that_is_wanted(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        files = [
            exports.csv(HEADER[:4], ("1001", "Ana", "Ruiz", mail), name=name)
            for name, mail in (("a.csv", "old@x.org"), ("b.csv", ""))
        ]

        assert list(plugins.list_users(connect(*files, merge="replace"))) == [
            user("1001", "Ana", "Ruiz", "")
        ]

    def test_a_bad_row_of_a_later_file_changes_nobody(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        first = exports.csv(HEADER[:4], ("1001", "Ana", "Ruiz", ""))
        second = exports.csv(HEADER[:4], ("1001", "Ana", "#REF!", ""), name="b.csv")
        good, bad = plugins.list_users(connect(first, second, merge="replace"))

        assert good == user("1001", "Ana", "Ruiz", "")
        assert bad == Skipped("1001", "column 'Last name' holds the error #REF!: correct the cell")

    def test_a_missing_second_file_lets_nobody_in(self, plugins: Plugins, exports: Exports) -> None:
        path = exports.csv(HEADER, ANA)
        with pytest.raises(InvalidInput, match="There is no file"):
            next(plugins.list_users(connect(path, path.with_name("none.csv"))))

    def test_a_workbook_without_the_sheet_names_its_sheets(
        self, plugins: Plugins, exports: Exports
    ) -> None:
        path = exports.workbook(HEADER, ANA, sheet="Benutzer")
        with pytest.raises(InvalidInput, match="no sheet 'User list' or 'Users'") as caught:
            list(plugins.list_users(connect(path)))

        assert "'Abbreviated dialling list', 'Benutzer'" in caught.value.hint

    def test_every_name_can_be_another_one(self, plugins: Plugins, exports: Exports) -> None:
        """Nothing but the map is used: where all is renamed, only the new names count."""
        names = {name: f"X {number}" for number, name in enumerate(FACTS.all)}
        facts = "; ".join(f"{name}={other}" for name, other in names.items())
        columns = [name for name in names if name.startswith("column.")]
        cells = {"column.number": "1001", "column.phone": names["phone.deployable"]}
        path = exports.workbook(
            [names[column] for column in columns],
            [cells.get(column, f"its {column}") for column in columns],
            sheet=names["sheet.users"],
        )
        (only,) = plugins.list_users(connect(path, facts=facts))

        assert only.fields == {
            "number": "1001",
            **{
                name: f"its column.{name}"
                for name in ("first_name", "last_name", "email", "pbx_username")
            },
        }
        assert (only.role, only.phone) == ("its column.role", names["phone.deployable"])
        with pytest.raises(InvalidInput):
            list(plugins.list_users(connect(exports.workbook(HEADER, ANA), facts=facts)))

    def test_no_module_but_the_map_knows_a_name_of_the_system(self) -> None:
        known = {value for fact in FACTS.all.values() for value in fact.values}
        modules = Path(offhook_mvo400.__file__).parent.glob("*.py")
        said = {
            path.name: {each.value for each in nodes(path) if isinstance(each, ast.Constant)}
            & known
            for path in modules
        }

        assert said.pop("facts.py") == known
        assert set().union(*said.values()) == set()


def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))
