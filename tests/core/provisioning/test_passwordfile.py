"""An operator's file of passwords: all of it fits, or nobody is changed."""

import pytest

from offhook.api import Secret
from offhook.errors import InvalidInput, UnknownName
from offhook.provisioning import passwordfile
from tests.core.provisioning.syncing import Site, person


@pytest.fixture
def site(store, now):
    """A site with one PBX and two of its users here."""
    site = Site.build(store, now)
    site.hold(person("1"), person("2"))
    site.take_all()
    return site


@pytest.fixture
def load(site, tmp_path):
    """Import a file with these lines."""

    def load(*lines, source="hq", **options):
        path = tmp_path / "passwords.csv"
        path.write_text("\n".join(lines))
        return passwordfile.import_file(
            site.store, site.plugins, path, source, actor="me", now=site.now, **options
        )

    return load


def test_users_get_what_the_file_says(site, load):
    report = load("Number;SIP password;MBG SIP user name", "1; a,b ;ruiz-1", "2;;")

    assert (report.rows, report.changed, report.unchanged, report.bad) == (2, 1, 1, [])
    user = site.user("hq/1")
    assert user.gateway_username == "ruiz-1"
    assert user.pbx_password == Secret(" a,b ")
    assert site.user("hq/2").pbx_password is None


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        ("9,s,1", "Directory number", "9", "no user of hq has this number"),
        ("1,s,1", "Directory number", "1", "row 2 has it, too"),
        ("2,s,other", "PBX SIP user name", "other", "read-only, it comes from hq"),
        (f"2,{'x' * 300},2", "PBX SIP password", "****", "it has more than 250 characters"),
    ],
)
def test_one_bad_cell_keeps_all_out_and_is_named(site, load, line, column, value, reason):
    report = load("Number,SIP password,SIP user name", "1,good,1", line)

    (cell,) = report.bad
    assert (cell.row, cell.column, cell.value, cell.reason) == (3, column, value, reason)
    assert site.user("hq/1").pbx_password is None


def test_a_dry_run_changes_nobody_and_twice_is_once(site, load):
    lines = ("Number,SIP password", "1,good")

    assert load(*lines, dry_run=True).changed == 1
    assert site.user("hq/1").pbx_password is None
    assert load(*lines).changed == 1
    assert load(*lines).unchanged == 1
    assert site.user("hq/1").pbx_password == Secret("good")


def test_a_file_without_numbers_or_for_nobody_is_refused(load):
    with pytest.raises(InvalidInput):
        load("SIP password", "good")
    with pytest.raises(UnknownName):
        load("Number,SIP password", "1,good", source="nowhere")


def test_a_number_that_two_users_have_says_nothing(site, load):
    site.hold(person("1"), person("2"), person("3", "1", pbx="other"))
    site.take_all()

    (cell,) = load("Number,SIP password", "1,good").bad

    assert (cell.value, cell.reason) == ("1", "several users of hq have this number")
