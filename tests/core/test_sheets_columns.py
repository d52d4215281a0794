"""Column names are matched generously, and never guessed."""

import pytest

from offhook.errors import InvalidInput
from offhook.sheets.columns import match_columns

KNOWN = {
    "last_name": ["Last name", "Surname"],
    "email": ["E-mail", "E-mail address"],
    "pin": ["Deployment PIN", "PIN"],
}


@pytest.mark.parametrize(
    "header",
    [
        ["Last name", "E-mail", "Deployment PIN"],
        ["last_name", "email", "pin"],
        ["LASTNAME", " e mail ", "Deployment-PIN"],
        ["Surname", "E\u2011Mail\u00a0Address", "deployment_pin"],
    ],
)
def test_names_match_whatever_their_case_and_hyphens(header: list[str]) -> None:
    columns = match_columns(header, KNOWN)

    assert columns.positions == {"last_name": 0, "email": 1, "pin": 2}
    assert columns.unknown == ()


def test_columns_stand_in_any_order_and_may_be_absent() -> None:
    assert match_columns(["PIN", "Surname"], KNOWN).positions == {"pin": 0, "last_name": 1}


def test_unknown_columns_are_listed_with_the_nearest_name() -> None:
    columns = match_columns(["E-mail", "Last nmae", "Shoe size"], KNOWN)

    assert columns.positions == {"email": 0}
    assert columns.unknown == ("Last nmae (did you mean Last name?)", "Shoe size")


def test_every_fault_of_the_header_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        match_columns(["E-mail", "", "Room", "Surname", "Room", "last-name", "E-mail"], KNOWN)

    assert list(map(str, caught.value.problems)) == [
        "column 2: it has no name",
        "column 'E-mail': it is there 2 times",
        "column 'Room': it is there 2 times",
        "columns 'Surname' and 'last-name': they mean the same field",
    ]


def test_a_row_of_data_is_no_header_and_is_not_shown() -> None:
    with pytest.raises(InvalidInput, match="is the header missing") as caught:
        match_columns(["Meier", "s3cret", "s3cret", ""], KNOWN)

    assert "s3cret" not in str(caught.value)
    assert "Last name, E-mail" in caught.value.hint


def test_the_field_name_stands_in_where_there_is_no_label() -> None:
    columns = match_columns(["Room", "romo"], {"room": []})

    assert columns.unknown == ("romo (did you mean room?)",)
