"""Sources that are read on their own: who is deployed, and what an administrator hears of."""

from threading import Event

import pytest

from offhook.errors import InvalidInput
from offhook.worker import Duties

HEADER = "Number;First name;Last name;E-mail;MiCollab role;Terminal type\n"
ANA = "201;Ana;Ruiz;ana@example.org;;SIP\n"
BO = "202;Bo;Gil;bo@example.org;;SIP\n"


@pytest.fixture
def export(offhook, tmp_path):
    """The file of a small PBX whose users are added and deployed as they come."""
    path = tmp_path / "export.csv"
    path.write_text(HEADER + ANA)
    offhook.run("profiles", "edit", "default", "use_softphone=off")  # nobody needs a password
    offhook.run("connections", "add", "small", "--plugin", "mvo400", f"files={path}")
    offhook.run("connections", "schedule", "small", "--every", "1h", "--automatic")
    return path


def open_events(offhook):
    """Return code and subject of what an administrator should know."""
    return [(each["code"], each["subject"]) for each in offhook.json("events", "list")]


def campaigns(offhook):
    """Return how many campaigns there are."""
    return len(offhook.json("campaigns", "list"))


def test_an_automatic_source_is_one_beside_others_that_are_not(offhook, export, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text(HEADER + BO)
    offhook.run("connections", "add", "other", "--plugin", "mvo400", f"files={path}")

    tried = offhook.run("users", "sync", "--all", "--dry-run")
    said = offhook.run("users", "sync", "--all")

    assert "1 user would be deployed." in tried
    assert "1 added, 1 available" in said
    assert "1 user is being deployed: offhook campaigns show " in said
    assert campaigns(offhook) == 1


def test_a_role_that_changes_in_a_sync_of_one_user_is_deployed_too(offhook, export):
    offhook.run("users", "sync", "--all")
    offhook.run("profiles", "create", "staff", "use_softphone=off")
    offhook.run("roles", "set", "small", "Boss", "staff")
    export.write_text(HEADER + ANA.replace(";;SIP", ";Boss;SIP"))

    assert "is being deployed" in offhook.run("users", "sync", "small/201")
    assert campaigns(offhook) == 2


def test_what_keeps_a_schedule_from_its_work_is_an_event_until_it_works_again(offhook, export):
    export.rename(export.with_suffix(".away"))
    Duties(offhook.app, Event()).sync("small")
    assert open_events(offhook) == [("source-unreadable", "small")]
    export.with_suffix(".away").rename(export)
    offhook.run("connections", "remove", "mail", "--yes")
    Duties(offhook.app, Event()).sync("small")

    assert open_events(offhook) == [("sync-failed", "small")]
    assert offhook.json("users", "list", "--search", "201")["users"] == []

    offhook.run(
        *("connections", "add", "mail", "--plugin", "email_smtp", "host=localhost", "port=9"),
        "sender=it@example.org",
    )
    Duties(offhook.app, Event()).sync("small")
    assert open_events(offhook) == []
    assert campaigns(offhook) == 1


def test_a_removed_connection_takes_its_events_along(offhook, export):
    export.unlink()
    Duties(offhook.app, Event()).sync("small")
    offhook.run("connections", "remove", "small", "--yes")
    assert open_events(offhook) == []


def test_nobody_is_imported_to_be_deployed_where_no_mail_can_be_sent(offhook, export):
    offhook.run("connections", "remove", "mail", "--yes")
    with pytest.raises(InvalidInput, match="No mail can be sent"):
        offhook.run("users", "import", "--all", "--deploy")
    assert offhook.json("users", "list", "--search", "201")["users"] == []
