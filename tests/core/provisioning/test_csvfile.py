"""Importing users from CSV: every rule, as a sentence."""

import pytest

from offhook.errors import InvalidInput, UnknownName
from offhook.model.secrets import Secret
from offhook.provisioning.csvfile import FROM_CSV
from offhook.provisioning.csvrows import BadCell
from tests.core.provisioning.importing import Site, bad

HEADER = "Last name,E-mail"


def test_columns_come_in_any_order_and_under_several_names(site: Site) -> None:
    site.load("PIN;surname;EXTENSION;e_mail address", "0012;Ruiz;7328;Ana@Example.ORG")

    user = site.user("Ruiz")
    assert (user.number, user.email, user.pin) == ("7328", "Ana@example.org", Secret("0012"))
    assert user.profile == "default"


@pytest.mark.parametrize("header", ["Last name,PIN", "E-mail,PIN"])
def test_last_name_and_email_are_mandatory_columns(site: Site, header: str) -> None:
    with pytest.raises(InvalidInput, match=r"column '(E-mail|Last name)': missing"):
        site.load(header, "x@example.org,1234")


def test_a_mandatory_cell_that_is_empty_is_a_bad_cell(site: Site) -> None:
    report = site.load(HEADER, ",a@example.org", "Ruiz, ")

    assert bad(report) == [(2, "Last name", "", "mandatory"), (3, "E-mail", " ", "mandatory")]
    assert report.refused
    assert site.users() == []


def test_without_partial_one_bad_cell_keeps_all_rows_out(site: Site) -> None:
    report = site.load(HEADER, "Good,good@example.org", "Bad,nonsense", "Fine,fine@example.org")

    assert (report.refused, report.added, report.skipped, report.rows) == (True, 0, 1, 3)
    assert site.users() == []
    assert site.staged() == 0


def test_with_partial_good_rows_come_in_and_bad_ones_are_reported(site: Site) -> None:
    report = site.load(
        HEADER, "Good,good@example.org", "Bad,nonsense", "Fine,fine@example.org", partial=True
    )

    assert (report.refused, report.added, report.skipped) == (False, 2, 1)
    assert [user.last_name for user in site.users()] == ["Fine", "Good"]
    assert bad(report) == [(3, "E-mail", "nonsense", "use one e-mail address, name@example.org")]


def test_every_bad_cell_of_a_row_is_reported_and_secrets_are_masked(site: Site) -> None:
    report = site.load(
        "Last name,E-mail,PBX SIP host,PIN,PBX SIP password",
        'X,@,sip:pbx,12,"two\nlines"',
    )

    assert [(cell.column, cell.value) for cell in report.bad] == [
        ("E-mail", "@"),
        ("PBX SIP host", "sip:pbx"),
        ("PIN", "****"),
        ("PBX SIP password", "****"),
    ]
    assert "two" not in repr(report)


def test_of_a_long_bad_cell_the_start_is_kept(site: Site) -> None:
    report = site.load(HEADER, f"Ruiz,{'x' * 90_000}")

    assert report.bad[0].value == "x" * 200 + "..."


def test_an_empty_column_takes_nothing_from_new_users(site: Site) -> None:
    header = f"{HEADER},First name,PBX SIP host,PBX SIP user name,PBX SIP password"
    report = site.load(header, "Ruiz,a@example.org,,pbx.example.org,u,s")

    assert report.warnings == []


def test_a_row_with_too_few_cells_is_bad(site: Site) -> None:
    report = site.load("Last name,E-mail,PIN,Number", "A,a@example.org,1234,1", "B,b@example.org")

    assert report.skipped == 1
    assert report.bad[0].row == 3
    assert report.bad[0].reason.startswith("the row has 2 cells")


def test_a_dry_run_tells_everything_and_writes_nothing(site: Site) -> None:
    lines = [HEADER, "Good,good@example.org", "Bad,nonsense"]

    dry = site.load(*lines, dry_run=True, partial=True)

    assert site.users() == []
    assert site.staged() == 0
    wet = site.load(*lines, partial=True)
    assert (dry.added, dry.skipped, dry.bad) == (wet.added, wet.skipped, wet.bad)


def test_pins_keep_leading_zeros_there_and_back(site: Site) -> None:
    site.load(f"{HEADER},PIN", "Ruiz,a@example.org,000123")

    assert site.user("Ruiz").pin == Secret("000123")
    assert ",000123" in site.export()


def test_passwords_come_in_but_never_go_out(site: Site) -> None:
    columns = "PBX SIP password,MBG SIP password,Client service password"
    report = site.load(f"{HEADER},{columns}", "Ruiz,a@example.org, p1=,'p2,p3;&")

    user = site.user("Ruiz")
    assert (user.pbx_password, user.gateway_password) == (Secret(" p1="), Secret("'p2"))
    assert user.client_service_password == Secret("p3;&")
    exported = site.export()
    assert not [text for text in ("p1", "p2", "p3") if text in exported + repr(report)]
    assert "password" not in exported


def test_a_guarded_cell_loses_exactly_one_quote(site: Site) -> None:
    site.load(f"{HEADER},Number", "''t Hooft,a@example.org,'+49", "'s Gravesande,b@example.org,1")

    assert [(user.last_name, user.number) for user in site.users()] == [
        ("'s Gravesande", "1"),
        ("'t Hooft", "+49"),
    ]


def test_users_who_cannot_be_deployed_yet_are_accepted_and_marked(site: Site) -> None:
    report = site.load(
        f"{HEADER},PBX SIP host,PBX SIP user name,PBX SIP password",
        "Ready,a@example.org,pbx.example.org,1,s",
        "Later,b@example.org,pbx.example.org,,",
    )

    assert (report.added, report.incomplete) == (2, 1)
    assert report.warnings == ["row 3: incomplete: no PBX SIP user name, no PBX SIP password"]


def test_the_host_may_come_from_the_profile(site: Site) -> None:
    site.add_profile("staff", pbx_host="pbx.example.org")
    header = f"{HEADER},PBX SIP user name,PBX SIP password"

    assert site.load(header, "A,a@example.org,1,s", profile="staff").incomplete == 0
    assert site.load(header, "B,b@example.org,1,s").incomplete == 1


# Profiles


def test_one_profile_is_chosen_for_all(site: Site) -> None:
    site.add_profile("staff")
    report = site.load(f"{HEADER},Profile", "Ruiz,a@example.org,default", profile="staff")

    assert site.user("Ruiz").profile == "staff"
    assert report.warnings[0] == "The column 'Profile' is not read: for that, choose 'From CSV'."


def test_an_unknown_profile_is_refused_with_suggestions(site: Site) -> None:
    site.add_profile("staff")
    with pytest.raises(UnknownName, match="no profile 'stuff'") as caught:
        site.load(HEADER, "Ruiz,a@example.org", profile="stuff")

    assert caught.value.hint == "Did you mean staff?"


def test_from_csv_each_row_names_its_profile(site: Site) -> None:
    site.add_profile("staff")
    lines = ["A,a@example.org,staff", "B,b@example.org,", "C,c@example.org,stuff"]
    report = site.load(f"{HEADER},Profile", *lines, profile=FROM_CSV, partial=True)

    assert [(user.last_name, user.profile) for user in site.users()] == [("A", "staff")]
    assert bad(report) == [
        (3, "Profile", "", "mandatory"),
        (4, "Profile", "stuff", "there is no such profile; there are default, staff"),
    ]


def test_from_csv_needs_a_profile_column(site: Site) -> None:
    with pytest.raises(InvalidInput, match="column 'Profile': missing"):
        site.load(HEADER, "A,a@example.org", profile=FROM_CSV)


# Duplicates


def test_equal_numbers_and_addresses_are_imported_and_warned_about(site: Site) -> None:
    site.add(last_name="Old", email="old@example.org", number="1")
    report = site.load(
        f"{HEADER},Number",
        "A,old@EXAMPLE.org,2",
        "B,b@example.org,1",
        "C,c@example.org,3",
        "D,d@example.org,3",
        "E,e@example.org,",
        "F,f@example.org,",
    )

    assert report.added == 6
    assert report.warnings[:4] == [
        "row 3, Number '1': a user has it",
        "row 4, Number '3': 2 rows of the file have it",
        "row 5, Number '3': 2 rows of the file have it",
        "row 2, E-mail 'old@example.org': a user has it",
    ]


# Report


def test_what_was_imported_is_audited(site: Site) -> None:
    site.load(HEADER, "Ruiz,a@example.org")

    with site.store.read() as tx:
        (line,) = tx.audit.latest(subject="people.csv")
    assert (line.actor, line.action, line.detail) == (
        "test",
        "users imported",
        "1 added, 0 changed",
    )


def test_the_report_tells_how_the_file_was_read(site: Site) -> None:
    path = site.folder / "people.csv"
    path.write_bytes("Last name;E-mail;Room\nMüller;m@example.org;1\n".encode("cp1252"))

    report = site.load_file(path)

    assert (report.encoding, report.separator, report.unread) == ("cp1252", ";", ("Room",))
    assert site.user("Müller").email == "m@example.org"


def test_a_bad_cell_reads_as_a_sentence() -> None:
    assert str(BadCell(3, "PIN", "****", "use 4 to 20 digits").problem) == (
        "row 3, PIN '****': use 4 to 20 digits"
    )
