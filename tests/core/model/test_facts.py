"""What a plugin takes for granted can be overridden by name, and joined from several sections."""

import pytest

from offhook.api import Facts, assumed, documented

FACTS = Facts(
    {
        "csv.number": documented("Directory Number", "Extension"),
        "csv.role": assumed("Role"),
        "ldap.number": documented("telephoneNumber"),
        "ldap.login": documented("uid"),
    }
)


def test_several_names_override_a_fact():
    taken = FACTS.section("csv", "csv.number = No. | DN ;\nldap.login=cn")

    assert taken == {"number": ("No.", "DN"), "role": ("Role",)}


def test_sections_are_joined_in_their_order():
    assert FACTS.join(("csv", "ldap"), "ldap.number=phone") == {
        "number": ("Directory Number", "Extension", "phone"),
        "role": ("Role",),
        "login": ("uid",),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("csv.nmber=x", "there is no 'csv.nmber'"),
        ("csv.number", "no value"),
        ("csv.role=|", "no value"),
    ],
)
def test_what_overrides_nothing_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        FACTS.overrides(text)


@pytest.mark.parametrize(
    ("spelling", "word"),
    [
        *[("UCC (V8.0) Entry", "UCC (Vx.0) Entry"), (" ucc  (v10.1) entry", "UCC (Vx.0) Entry")],
        *[("Boss", ""), ("UCC (V8) Entry", ""), ("", "")],
    ],
)
def test_a_spelling_leads_to_our_word(spelling, word):
    facts = Facts({"role.entry": documented("UCC (Vx.0) Entry")})

    assert facts.find_word("role", spelling) == word
    assert facts.find_word("role", "Boss", "role.entry=BOSS") == "UCC (Vx.0) Entry"
    assert facts.words("role", "role.entry=BOSS|x") == {"entry": "BOSS"}
