"""What is exported can be imported again, whatever it says."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.model.described import describe
from offhook.model.secrets import Secret
from offhook.model.users import User, UserFields
from offhook.provisioning.csvcolumns import KNOWN, PASSWORDS, write_template, write_users
from offhook.provisioning.csvrows import RowReader
from offhook.sheets.csvfile import open_sheet

ID = "0123abcd" * 4
LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60
).map(str.strip)
STARTS = st.sampled_from(["", "=", "+", "-", "@", "'", "'=", "''", ";", '"', ","])
TEXTS = st.builds("{}{}".format, STARTS, LINES).map(str.strip)
NAMES = TEXTS.filter(bool)
PINS = st.none() | st.from_regex(r"[0-9]{4,20}", fullmatch=True).map(Secret)


@given(first=TEXTS, last=NAMES, number=TEXTS, account=TEXTS, pin=PINS)
@settings(max_examples=60)
def test_an_export_is_read_back_as_it_was(
    first: str, last: str, number: str, account: str, pin: Secret | None
) -> None:
    user = User(
        id=ID,
        profile="default",
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
        first_name=first,
        last_name=last,
        number=number,
        email="ana@example.org",
        gateway_username=account,
        pin=pin,
        pbx_password=Secret("never"),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        with path.open("wb") as file:
            assert write_users(file, [user]) == 1
        sheet = open_sheet(path)
        (row,) = map(RowReader(sheet, {}, ID[:8]).read, sheet.rows())

    assert row.bad == []
    assert row.id == ID
    assert row.values == {name: getattr(user, name) for name in row.values}
    assert set(row.values) == set(describe(UserFields)) - set(PASSWORDS)


def test_the_template_has_a_column_for_every_field_and_none_for_the_id() -> None:
    stream = BytesIO()
    write_template(stream)
    header = stream.getvalue().decode("utf-8-sig").strip().split(",")

    assert header[0] == "Profile"
    assert header[1:] == [each.label for each in describe(UserFields).values()]


def test_no_name_stands_for_two_fields() -> None:
    names = [name.casefold() for known in KNOWN.values() for name in known]

    assert len(names) == len(set(names))
