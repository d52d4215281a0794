"""Staged rows are no users until the switch, and then all at once."""

from datetime import timedelta
from typing import Any

import pytest

from offhook.errors import InvalidInput
from offhook.model.profiles import Profile
from offhook.model.secrets import Secret
from offhook.model.users import Selection, User
from offhook.store.imports import STALE, Counts, Duplicate, StagedUser, seal_rows
from offhook.store.mapping import SECRET_FIELDS, USER_FIELDS
from offhook.store.store import Store

EMPTY = {name: None if name in SECRET_FIELDS else "" for name in USER_FIELDS}


@pytest.fixture
def prepared(store: Store, now: Any) -> Store:
    with store.write() as tx:
        tx.profiles.add(Profile(id="p1", name="default"))
        tx.profiles.add(Profile(id="p2", name="staff"))
        tx.imports.begin("i1", now)
    return store


def row(line: int, user_id: str = "", profile_id: str = "p1", **more: Any) -> StagedUser:
    base = {key: more.pop(key) for key in ("revision", "changes") if key in more}
    values = {**EMPTY, "last_name": f"L{line}", **more}
    return StagedUser(
        line=line, user_id=user_id or f"u{line}", profile_id=profile_id, values=values, **base
    )


def stage(store: Store, *rows: StagedUser, import_id: str = "i1") -> None:
    sealed = seal_rows(import_id, rows, store.cipher)
    with store.write() as tx:
        tx.imports.stage(sealed)


def users(store: Store) -> list[User]:
    with store.read() as tx:
        return list(tx.users.stream(Selection()))


def test_staged_rows_become_users_with_the_switch(prepared: Store, now: Any) -> None:
    stage(prepared, row(2, pin=Secret("0012"), first_name="Ada"), row(3))
    assert users(prepared) == []

    with prepared.write() as tx:
        assert tx.imports.switch("i1", (), now) == Counts(2, 0, 0)

    first, _ = users(prepared)
    assert (first.id, first.name, first.pin, first.revision) == ("u2", "Ada L2", Secret("0012"), 1)
    assert first.created_at == now
    with prepared.read() as tx:
        assert tx.users.count(Selection(search="ada l2")) == 1


def test_secrets_are_staged_sealed(prepared: Store) -> None:
    stage(prepared, row(2, pbx_password=Secret("open-sesame")))
    with prepared.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM offhook_staged_user").all()

    assert "open-sesame" not in str(rows)


def test_only_the_given_fields_of_overwritten_users_change(prepared: Store, now: Any) -> None:
    stage(prepared, row(2, first_name="Ada", email="a@x.org"), row(3))
    with prepared.write() as tx:
        tx.imports.switch("i1", (), now)
        tx.imports.begin("i2", now)
    new = {"first_name": "Eva", "email": "e@x.org", "pin": Secret("1234")}
    overwriting = row(2, "u2", "p2", revision=1, **new)
    same = row(3, "u3", revision=1, changes=False)
    stage(prepared, overwriting, same, import_id="i2")

    with prepared.write() as tx:
        assert tx.imports.switch("i2", {"first_name", "pin"}, now) == Counts(0, 1, 1)

    changed, untouched = users(prepared)
    assert (changed.first_name, changed.pin, changed.revision) == ("Eva", Secret("1234"), 2)
    assert (changed.email, changed.profile) == ("a@x.org", "default")
    assert untouched.revision == 1


def test_a_stale_row_undoes_the_whole_switch(prepared: Store, now: Any) -> None:
    stage(prepared, row(2), row(3, "gone", revision=1))

    with (
        pytest.raises(InvalidInput, match="1 users were changed or deleted"),
        prepared.write() as tx,
    ):
        tx.imports.switch("i1", {"last_name"}, now)

    assert users(prepared) == []


def test_a_profile_that_is_gone_undoes_the_whole_switch(prepared: Store, now: Any) -> None:
    stage(prepared, row(2), row(3, profile_id="gone"))

    with pytest.raises(InvalidInput, match="A profile was deleted"), prepared.write() as tx:
        tx.imports.switch("i1", (), now)

    assert users(prepared) == []


def test_an_import_that_was_cut_off_is_swept_up_by_a_later_one(prepared: Store, now: Any) -> None:
    stage(prepared, row(2), row(3))
    later = now + STALE + timedelta(seconds=1)
    with prepared.write() as tx:
        tx.imports.begin("young", now + STALE)
    stage(prepared, row(2, "y"), import_id="young")

    with prepared.write() as tx:
        tx.imports.end("another")
        assert tx.imports.counts("i1").added == 2
        tx.imports.begin("later", later)
        tx.imports.end("later")
        assert [tx.imports.counts(each).added for each in ("i1", "young")] == [0, 1]

    with pytest.raises(InvalidInput, match="given up"), prepared.write() as tx:
        tx.imports.switch("i1", (), later)


def test_duplicates_are_found_among_users_and_within_the_file(prepared: Store, now: Any) -> None:
    stage(prepared, row(2, number="1", email="a@x.org"))
    with prepared.write() as tx:
        tx.imports.switch("i1", (), now)
        tx.imports.begin("i2", now)
    others = [row(2, "n2", number="1"), row(3, "n3", number="2"), row(4, "n4", number="2"), row(5)]
    stage(prepared, *others, import_id="i2")

    with prepared.read() as tx:
        total, found = tx.imports.duplicates("i2", "number", 2)

    assert total == 3
    assert found == [Duplicate(2, "1", True, 1), Duplicate(3, "2", False, 2)]


def test_rows_that_overwrite_one_user_twice_are_found_and_taken_back(prepared: Store) -> None:
    rows = [row(line, "u1", revision=1) for line in (2, 5, 7)]
    stage(prepared, *rows, row(3, "u2", revision=1))

    with prepared.write() as tx:
        assert tx.imports.repeated("i1", 10) == {5: ("u1", 2), 7: ("u1", 2)}
        tx.imports.unstage("i1", [5, 7])
        assert tx.imports.repeated("i1", 10) == {}
        assert tx.imports.counts("i1").changed == 2
