"""Users by hand."""

from collections.abc import Callable

import pytest

from offhook.errors import InvalidInput, UnknownName
from offhook.model.secrets import Secret
from offhook.model.users import Selection, User
from offhook.provisioning import users
from tests.core.provisioning.importing import ACCOUNT, Site

Issue = Callable[..., str]


def problems(caught: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {each.field: each.reason for each in caught.value.problems}


def edit(site: Site, user: User, profile: str = "", **texts: str) -> User:
    return users.edit(
        site.store, site.plugins, user.id, texts, profile=profile, actor="test", now=site.now
    )


def test_a_user_is_added_with_all_fields(site: Site) -> None:
    user = site.add(first_name="Ana", number="7328", pin="0012")

    assert user == site.user("Ruiz")
    assert (user.key, user.pin, user.profile) == ("7328", Secret("0012"), "default")
    with site.store.read() as tx:
        assert user.id.startswith(tx.values.get("installation"))
        assert tx.audit.latest(subject="7328")[0].action == "user added"


def test_the_form_refuses_with_all_problems_at_once(site: Site) -> None:
    with pytest.raises(InvalidInput) as caught:
        users.add(
            site.store,
            site.plugins,
            {"email": "nonsense", "pin": "12", "room": "1", "pbx_host": " "},
            actor="test",
            now=site.now,
        )

    found = problems(caught)
    assert set(found) == {
        *("email", "pin", "room", "last_name", "pbx_host", "pbx_username", "pbx_password")
    }
    assert found["last_name"] == "mandatory (Last name)"
    assert "12" not in [each.value for each in caught.value.problems]
    assert site.users() == []


@pytest.mark.parametrize(
    "settings",
    [
        {"use_softphone": "off"},
        {"use_teleworker": "on", "gateway_host": "mbg.example.org"},
    ],
)
def test_without_softphone_or_with_a_gateway_no_account_is_asked_for(
    site: Site, settings: dict[str, str]
) -> None:
    site.add_profile("other", **settings)
    texts = {"last_name": "Ruiz", "email": "a@example.org"}
    users.add(site.store, site.plugins, texts, profile="other", actor="test", now=site.now)

    assert site.user("Ruiz").profile == "other"


def test_the_host_of_the_profile_serves_as_the_users(site: Site) -> None:
    site.add_profile("staff", pbx_host="pbx.example.org")
    texts = {"last_name": "Ruiz", "email": "a@example.org", **ACCOUNT, "pbx_host": ""}
    users.add(site.store, site.plugins, texts, profile="staff", actor="test", now=site.now)

    assert site.user("Ruiz").pbx_host == ""


def test_a_change_touches_only_what_is_named(site: Site) -> None:
    user = site.add(first_name="Ana", pin="1234")
    changed = edit(site, user, first_name="", number="1")

    assert (changed.first_name, changed.number, changed.pin) == ("", "1", Secret("1234"))
    assert changed.revision == user.revision + 1
    assert edit(site, changed, number="1") == changed


def test_who_is_somebody_else_to_the_clients_server_needs_a_factory_reset(
    site: Site, issue: Issue
) -> None:
    user = site.add(client_service_username="ana")
    assert edit(site, user, last_name="Ruiz").reset_at is None

    changed = edit(site, user, client_service_username="ana.ruiz")

    assert changed.reset_at == site.now
    issue(changed)
    assert site.user("Ruiz").reset_at is None


def test_what_is_mandatory_cannot_be_cleared_but_what_was_missing_may_stay(site: Site) -> None:
    site.load("Last name,E-mail,PBX SIP user name", "Later,a@example.org,u")
    user = site.user("Later")

    assert edit(site, user, first_name="Otto").first_name == "Otto"
    with pytest.raises(InvalidInput) as caught:
        edit(site, user, last_name=" ", pbx_username="", pbx_password="")
    assert set(problems(caught)) == {"last_name", "pbx_username"}


def test_what_the_source_of_a_user_gives_is_read_only_the_rest_is_ours(site: Site) -> None:
    site.add_profile("staff")
    user = site.add_imported()
    with pytest.raises(InvalidInput) as caught:
        edit(site, user, last_name="Other", email="", pin="4711")
    assert problems(caught) == dict.fromkeys(("last_name", "email"), "read-only, it comes from hq")

    changed = edit(site, user, profile="staff", pin="4711", number="2001", first_name="Ana")

    assert (changed.profile, changed.pin, changed.first_name) == ("staff", Secret("4711"), "Ana")


def test_a_user_is_found_by_number_connection_and_number_or_id(site: Site) -> None:
    by_hand, synced = site.add(number="7328"), site.add_imported(number="2001")
    with site.store.read() as tx:
        assert users.find(tx, "7328") == by_hand
        assert users.find(tx, by_hand.id) == by_hand
        assert users.find(tx, "hq/2001") == users.find(tx, "2001") == synced


def test_an_ambiguous_number_lists_whom_it_may_mean(site: Site) -> None:
    by_hand, synced = site.add(number="2001"), site.add_imported(number="2001")
    with site.store.read() as tx, pytest.raises(InvalidInput) as caught:
        users.find(tx, "2001")

    assert f"hq/2001, Synced: id {synced.id}" in str(caught.value)
    assert f"2001, Ruiz: id {by_hand.id}" in str(caught.value)


def test_an_unknown_number_gets_suggestions(site: Site) -> None:
    site.add(number="7328")
    with site.store.read() as tx, pytest.raises(UnknownName) as caught:
        users.find(tx, "7382")

    assert caught.value.hint == "Did you mean 7328?"


def test_a_generated_pin_has_six_digits_and_is_audited_without_it(site: Site) -> None:
    site.add(number="1")
    pin = users.generate_pin(site.store, "1", actor="test", now=site.now)

    assert len(pin.reveal()) == 6
    assert pin.reveal().isdecimal()
    assert site.user("Ruiz").pin == pin
    with site.store.read() as tx:
        (line, *_) = tx.audit.latest(subject="1")
    assert line.action == "PIN generated"
    assert pin.reveal() not in line.detail


def test_a_profile_is_assigned_to_a_selection_and_deployed_ones_are_counted(
    site: Site, issue: Issue
) -> None:
    site.add_profile("staff")
    issue(site.add(number="1"))
    site.add(last_name="Other", email="o@example.org")
    site.add_imported()
    everyone = Selection()

    first = users.assign(site.store, everyone, "staff", actor="test", now=site.now)
    again = users.assign(site.store, everyone, "staff", actor="test", now=site.now)

    assert (first.users, first.deployed) == (3, 1)
    assert (again.users, again.deployed) == (0, 0)
    assert {user.profile for user in site.users()} == {"staff"}


def test_nobody_gets_a_profile_that_does_not_exist(site: Site) -> None:
    with pytest.raises(UnknownName):
        users.assign(site.store, Selection(), "stuff", actor="test", now=site.now)


def test_deleting_ends_links_and_keeps_the_audit(site: Site, issue: Issue) -> None:
    gone, kept = site.add(number="1"), site.add(last_name="Kept", email="k@example.org")
    issue(gone)
    done = users.delete(site.store, Selection(ids=(gone.id,)), actor="test", now=site.now)

    assert done == 1
    assert site.users() == [kept]
    with site.store.read() as tx:
        (deployment,) = tx.deployments.of_user(gone.id)
        assert deployment.token_state == "revoked"
        assert tx.deployments.token_text(deployment.id) is None
        assert [line.detail for line in tx.audit.latest(subject="1 users")] == ["1"]
        assert tx.audit.latest(subject="1")


def test_bulk_work_goes_through_all_batches(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offhook.provisioning.pacing.BATCH", 2)
    for number in range(5):
        site.add(number=str(number))
    seen: list[int] = []

    done = users.delete(site.store, Selection(), actor="t", now=site.now, on_progress=seen.append)

    assert (done, seen) == (5, [2, 4, 5])
    assert site.users() == []


def test_an_export_is_audited_and_has_pins_but_no_password(site: Site) -> None:
    site.add(number="1", pin="0012")
    exported = site.export()

    assert "0012" in exported
    assert "s3cret" not in exported
    with site.store.read() as tx:
        assert tx.audit.latest(subject="1 users")[0].action == "users exported"
