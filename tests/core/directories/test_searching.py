"""A real directory is read to its end, page by page, as plain texts."""

from pathlib import Path

import pytest

from offhook.directories import Directory, Entry, search
from offhook.errors import InvalidInput, Refused, Unreachable
from tests.core.directories.conftest import Reach
from tests.core.directories.relays import cutting, listening
from tests.lab.pki import Pki
from tests.lab.slapd import Slapd, StartSlapd, run_slapd

pytestmark = pytest.mark.lab
PEOPLE = "(objectClass=inetOrgPerson)"
ODD_ONES = """
dn: uid=odd,ou=contacts,dc=example,dc=test
objectClass: contactRecord
uid: odd
attr1:: w4TDpMOf8J+TnA==
attr2: first
attr2: second

dn: uid=photo,ou=subscribers,dc=example,dc=test
objectClass: inetOrgPerson
uid: photo
cn: photo
sn: photo
jpegPhoto:: /9j/AA==

dn: cn=alias,ou=subscribers,dc=example,dc=test
objectClass: alias
objectClass: extensibleObject
cn: alias
aliasedObjectName: uid=photo,ou=subscribers,dc=example,dc=test
"""


def find(directory: Directory, base: str, query: str, *attributes: str) -> list[Entry]:
    return list(search(directory, base, query, attributes))


@pytest.mark.parametrize("security", ["ldaps", "starttls", "none"])
def test_all_pages_are_read_whatever_the_encryption(
    slapd: Slapd, reach: Reach, security: str
) -> None:
    found = find(reach(slapd, security=security), slapd.subscribers, PEOPLE, "telephoneNumber")
    assert [entry.first("telephonenumber") for entry in found] == [
        str(100_000 + index) for index in range(1200)
    ]


@pytest.mark.parametrize("size", [7, 1199, 1200, 1201])
def test_the_size_of_pages_changes_nothing(slapd: Slapd, reach: Reach, size: int) -> None:
    found = find(reach(slapd, page_size=size), slapd.subscribers, PEOPLE, "uid")
    assert len({entry.dn for entry in found}) == len(found) == 1200


def test_names_of_attributes_are_written_in_any_way(slapd: Slapd, reach: Reach) -> None:
    entry = find(reach(slapd), slapd.subscribers, PEOPLE, "GIVENNAME", "attr1", "attr7")[0]
    assert entry.first("givenName") == entry.first("GivenName") == "Ana"
    assert "ATTR1" in entry
    assert "attr7" not in entry
    assert entry.first("attr7") == ""
    assert entry.fields({"name": ("cn", "givenname"), "site": ("attr7",)}) == {"name": "Ana"}


def test_identifiers_are_told_as_people_write_them(slapd: Slapd, reach: Reach) -> None:
    member = find(reach(slapd), slapd.staff, "(objectClass=user)", "objectGUID", "entryUUID")[0]
    assert member.first("objectGUID") == "00000000-0000-0000-0000-0000000186a0"
    assert len(member.first("entryUUID").split("-")) == 5


def test_odd_values_and_aliases_do_no_harm(start_slapd: StartSlapd, reach: Reach) -> None:
    slapd = start_slapd(subscribers=0, contacts=0, more=ODD_ONES)
    odd, photo = find(
        reach(slapd), "dc=example,dc=test", "(|(uid=odd)(uid=photo))", "attr1", "attr2", "jpegPhoto"
    )
    assert odd.attributes == {"attr1": ("Ääß📜",), "attr2": ("first", "second")}
    assert photo.first("jpegPhoto") == "ffd8ff00"


def test_classes_that_nobody_knows_match_nothing(slapd: Slapd, reach: Reach) -> None:
    assert find(reach(slapd), slapd.subscribers, "(objectClass=neverHeardOf)", "noSuchThing") == []


def test_a_base_that_cannot_be_seen_is_not_an_empty_one(slapd: Slapd, reach: Reach) -> None:
    with pytest.raises(Refused, match=r"shows no 'ou=subscribers,.*' to cn=outsider"):
        find(reach(slapd, bind_dn=slapd.outsider), slapd.subscribers, PEOPLE)
    with pytest.raises(Refused, match="nobody"):
        find(reach(slapd, bind_dn="", password=None), slapd.subscribers, PEOPLE)


@pytest.mark.parametrize(
    ("base", "query", "kind", "words"),
    [
        ("nonsense", PEOPLE, Refused, "cannot read the name 'nonsense'"),
        ("ou=nowhere,dc=example,dc=test", PEOPLE, Refused, "shows no 'ou=nowhere"),
        ("dc=elsewhere", PEOPLE, Refused, "shows no 'dc=elsewhere'"),
        ("dc=example,dc=test", "((uid=x", InvalidInput, "filter cannot be used"),
    ],
)
def test_what_cannot_be_asked_is_told(
    slapd: Slapd, reach: Reach, base: str, query: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        find(reach(slapd), base, query)


def test_a_limit_for_the_whole_search_is_an_error(pki: Pki, reach: Reach) -> None:
    with run_slapd(certificate=pki.leaf, subscribers=900, size_limit="size.prtotal=700") as slapd:
        seen = search(reach(slapd, page_size=200), slapd.subscribers, PEOPLE, ["uid"])
        with pytest.raises(Refused, match=r"more entries than .*That was after 600 entries"):
            list(seen)


@pytest.mark.parametrize("after", [200, 5_000, 60_000])
def test_a_connection_that_is_cut_in_the_middle_is_an_error(
    slapd: Slapd, reach: Reach, after: int
) -> None:
    with listening(cutting(slapd.port, after)) as port:
        directory = reach(slapd, security="none", port=port, host="127.0.0.1", page_size=100)
        with pytest.raises(Unreachable, match="closed the connection"):
            find(directory, slapd.subscribers, PEOPLE, "uid", "mail")


def test_a_search_that_is_given_up_closes_its_connection(slapd: Slapd, reach: Reach) -> None:
    before = open_files()
    reading = search(reach(slapd, page_size=10), slapd.subscribers, PEOPLE, ["uid"])
    next(reading)
    assert open_files() > before
    reading.close()  # type: ignore[attr-defined]
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
