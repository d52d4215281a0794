"""Importing a CSV file over the users that it names: every rule, as a sentence."""

from collections.abc import Callable, Sequence

import pytest
from attrs import evolve

from offhook.errors import InvalidInput
from offhook.model.secrets import Secret
from offhook.model.users import Selection
from offhook.provisioning.csvfile import FROM_CSV
from tests.core.provisioning.importing import Site, bad

HEADER = "Last name,E-mail"


def test_an_absent_column_leaves_data_alone_and_an_empty_cell_clears(site: Site) -> None:
    user = site.add(first_name="Ana", number="1", pin="1234")
    other = site.add(last_name="Other", email="o@example.org", first_name="Otto", number="2")

    report = site.load(
        f"ID,{HEADER},First name,PIN",
        f"{user.id},Ruiz,ana@example.org,,",
        f"{other.id},Other,o@example.org,Ottilie,4321",
        overwrite=True,
    )

    changed, second = site.user("Ruiz"), site.user("Other")
    assert (changed.first_name, changed.pin, changed.number) == ("", None, "1")
    assert changed.pbx_password == Secret("s3cret")
    assert changed.revision == user.revision + 1
    assert (second.first_name, second.pin, second.number) == ("Ottilie", Secret("4321"), "2")
    assert (report.changed, report.added, report.unchanged) == (2, 0, 0)


def test_overwriting_with_the_same_values_changes_nothing(site: Site) -> None:
    user = site.add(pin="1234")
    report = site.load(f"ID,{HEADER},PIN", f"{user.id},Ruiz,ana@example.org,1234", overwrite=True)

    assert (report.changed, report.unchanged) == (0, 1)
    assert site.user("Ruiz") == user


def test_a_changed_name_is_found_by_a_search(site: Site) -> None:
    user = site.add(first_name="Ana")
    site.load("ID,Last name", f"{user.id},Ümit", overwrite=True)

    with site.store.read() as tx:
        lines = tx.users.page(Selection(search="ana ümit")).lines
    assert [line.id for line in lines] == [user.id]


def test_ids_that_are_empty_foreign_unknown_or_repeated_are_told_apart(site: Site) -> None:
    user = site.add()
    unknown = user.id[:-4] + "0000"
    foreign = ("0" if user.id[0] != "0" else "1") + user.id[1:]
    lines = ["", foreign, "17", unknown, user.id, user.id]
    report = site.load("ID,Last name", *(f"{each},New" for each in lines), overwrite=True)

    ours = "not an ID of this installation; export the users here and edit that file"
    assert bad(report) == [
        (2, "ID", "", "empty; to overwrite, each row needs the ID from an export"),
        (3, "ID", foreign, ours),
        (4, "ID", "17", ours),
        (5, "ID", unknown, "no user has this ID; it may have been deleted"),
        (7, "ID", user.id, "row 6 has the same ID"),
    ]
    assert site.user("Ruiz") == user


def test_of_rows_with_the_same_id_a_partial_import_takes_the_first(site: Site) -> None:
    user = site.add()
    lines = [f"{user.id},First", f"{user.id},Second"]
    report = site.load("ID,Last name", *lines, overwrite=True, partial=True)

    assert (report.changed, report.skipped) == (1, 1)
    assert site.user("First").id == user.id


def test_overwriting_needs_no_column_but_the_id(site: Site) -> None:
    user = site.add()

    assert site.load("ID,PIN", f"{user.id},1234", overwrite=True).changed == 1
    assert site.user("Ruiz").pin == Secret("1234")


def test_overwriting_needs_an_id_column(site: Site) -> None:
    with pytest.raises(InvalidInput, match="column 'ID': missing"):
        site.load(HEADER, "Ruiz,a@example.org", overwrite=True)


def test_without_overwrite_an_id_is_not_looked_at(site: Site) -> None:
    user = site.add(number="1")
    site.load(f"ID,{HEADER}", f"{user.id},Ruiz,ana@example.org")

    assert len(site.users("Ruiz")) == 2


def refuse(asked: list[str]) -> Callable[[Sequence[str]], bool]:
    """Return what notes the losses that it is asked about, and says no to any."""

    def note(losses: Sequence[str]) -> bool:
        asked.extend(losses)
        return not losses

    return note


def test_before_a_wholly_empty_column_clears_anything_somebody_is_asked(site: Site) -> None:
    first = site.add(first_name="Ana", number="1")
    second = site.add(last_name="Other", email="o@example.org", first_name="Otto")
    third = site.add(last_name="Third", email="t@example.org")
    before, asked = site.users(), []
    lines = [
        "ID,Last name,First name,Number,PIN",
        *(f"{first.id},New,,1,", f"{second.id},New,,,", f"{third.id},New,  ,,"),
    ]

    with pytest.raises(InvalidInput, match="Nothing was imported"):
        site.load(*lines, overwrite=True, proceed=refuse(asked))

    assert asked == [
        "The column 'First name' is empty in all 3 rows: it clears the field of 2 users "
        "(without the column, they keep it)."
    ]
    assert site.users() == before
    report = site.load(*lines, overwrite=True, dry_run=True, proceed=refuse(asked))
    assert report.warnings[0] == asked[0]
    assert len(asked) == 1


def test_nobody_is_asked_about_a_file_that_is_refused_anyway(site: Site) -> None:
    user, asked = site.add(first_name="Ana"), []
    line = f"{user.id},,"
    report = site.load("ID,Last name,First name", line, overwrite=True, proceed=refuse(asked))

    assert (report.refused, asked) == (True, [])


def test_an_export_that_comes_back_as_it_is_takes_nothing_from_anybody(site: Site) -> None:
    site.add(first_name="Ana")
    asked: list[str] = []
    report = site.load(*site.export().splitlines(), overwrite=True, proceed=refuse(asked))

    assert (report.unchanged, asked) == (1, [])
    assert report.warnings == ["The column 'Profile' is not read: for that, choose 'From CSV'."]


def test_overwriting_keeps_the_profile_unless_one_is_chosen(site: Site) -> None:
    site.add_profile("staff")
    user = site.add()
    row = ("ID,Last name", f"{user.id},Ruiz")

    assert site.load(*row, overwrite=True).unchanged == 1
    assert site.load(*row, overwrite=True, profile="staff").changed == 1
    assert site.user("Ruiz").profile == "staff"


def test_what_the_source_of_a_user_gives_is_read_only(site: Site) -> None:
    site.add_profile("staff")
    user = site.add_imported()
    header = "ID,Last name,E-mail,Number,PBX SIP password,PIN,Profile"
    differing = f"{user.id},Other,sync@example.org,,guessed,1234,staff"

    report = site.load(header, differing, overwrite=True, profile=FROM_CSV)

    reason = "read-only, it comes from hq"
    assert bad(report) == [
        (2, "Last name", "Other", reason),
        (2, "Number", "", reason),
        (2, "PBX SIP password", "****", reason),
    ]
    equal = f"{user.id},Synced,sync@EXAMPLE.org,2001,from-the-pbx,1234,staff"
    assert site.load(header, equal, overwrite=True, profile=FROM_CSV).changed == 1
    found = site.user("Synced")
    assert (found.pin, found.profile, found.connection) == (Secret("1234"), "staff", "hq")


def test_what_the_source_leaves_empty_may_stay_so(site: Site) -> None:
    user = site.add_imported(email="")
    header = f"ID,{HEADER},PIN"

    assert site.load(header, f"{user.id},Synced,,1234", overwrite=True).changed == 1
    report = site.load(header, f"{user.id},Synced,a@example.org,1234", overwrite=True)
    assert bad(report) == [(2, "E-mail", "a@example.org", "read-only, it comes from hq")]


def test_a_mandatory_field_cannot_be_cleared(site: Site) -> None:
    user = site.add()
    report = site.load(f"ID,{HEADER}", f"{user.id},, ", overwrite=True)

    assert bad(report) == [(2, "Last name", "", "mandatory"), (2, "E-mail", "", "mandatory")]


def test_all_that_is_wrong_with_a_row_is_told_at_once(site: Site) -> None:
    user = site.add_imported()
    report = site.load("ID,Last name,PIN", f"{user.id},Other,12", overwrite=True)

    assert [cell.column for cell in report.bad] == ["PIN", "Last name"]
    unknown = user.id[:-4] + "0000"
    report = site.load("ID,Last name,PIN", f"{unknown},Other,12", overwrite=True)
    assert [cell.column for cell in report.bad] == ["PIN", "ID"]


def test_a_user_changed_while_the_file_was_read_stops_the_import(site: Site) -> None:
    first, second = site.add(), site.add(last_name="Other", email="o@example.org")

    def meddle(done: int, total: int) -> None:
        with site.store.write() as tx:
            tx.users.change(second, {"first_name": "Olga"})

    with pytest.raises(InvalidInput, match="1 users were changed or deleted"):
        site.load(
            "ID,Last name",
            f"{first.id},New",
            f"{second.id},New",
            overwrite=True,
            on_progress=meddle,
        )

    assert [user.last_name for user in site.users()] == ["Other", "Ruiz"]
    assert site.staged() == 0


def test_an_export_with_one_pin_for_all_is_imported_again(site: Site) -> None:
    site.add(number="+49", first_name="=1+1", pin="0001")
    site.add(last_name="Other", email="o@example.org", gateway_username="'@x")
    before = site.users()
    lines = site.export().splitlines()
    header, *rows = (line.rsplit(",", 1)[0] for line in lines)

    report = site.load(f"{header},Deployment PIN", *(f"{row},0007" for row in rows), overwrite=True)

    assert (report.changed, report.bad) == (2, [])
    assert [user.pin for user in site.users()] == [Secret("0007"), Secret("0007")]
    for old, new in zip(before, site.users(), strict=True):
        assert new == evolve(old, pin=Secret("0007"), revision=old.revision + 1)


def test_who_is_somebody_else_to_the_clients_server_needs_a_factory_reset(site: Site) -> None:
    people = [
        site.add(last_name=name, email=f"{name}@example.org", client_service_username=old)
        for name, old in (("moved", "a"), ("stays", "b"), ("new", ""))
    ]
    said = ["ID,Client service user name,First name"]
    said += [f"{user.id},{new},New" for user, new in zip(people, "xbz", strict=True)]

    site.load(*said, overwrite=True)

    resets = {name: site.user(name).reset_at for name in ("moved", "stays", "new")}
    assert resets == {"moved": site.now, "stays": None, "new": None}
