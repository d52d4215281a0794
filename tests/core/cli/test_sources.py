"""Users from PBXs as they are typed: what is offered, imported, synchronised; roles; schedules."""

import pytest

from offhook.errors import InvalidInput, UnknownName

HEADER = "Number;First name;Last name;E-mail;MiCollab role;Terminal type\n"
ANA = "201;Ana;Ruiz;ana@example.org;Staff;SIP\n"
BO = "202;Bo;Öberg;bo@example.org;Odd;SIP\n"


@pytest.fixture
def export(offhook, tmp_path):
    """The file of a small PBX, connected as "small"."""
    path = tmp_path / "export.csv"
    path.write_text(HEADER + ANA + BO)
    offhook.run("connections", "add", "small", "--plugin", "mvo400", f"files={path}")
    return path


def test_what_is_offered_says_the_rule_and_who_is_here(offhook, export):
    said = offhook.run("users", "available", "--from", "small", "--limit", "1")

    assert "Ana Ruiz" in said
    assert "2 persons in all. Entries with the same directory number and PBX are one" in said
    assert "More: add --after small/201" in said
    assert "Bo Öberg" in offhook.run("users", "available", "--after", "small/201")


def test_two_sources_that_disagree_are_both_shown(offhook, export, tmp_path):
    offhook.run("connections", "add", "hq", "--plugin", "mivb", *mivb(tmp_path, "Anna"))
    result = offhook.json("users", "available")

    both = next(each for each in result["persons"] if each["number"] == "201")
    assert both["sources"] == ["hq", "small"]
    assert [each["field"] for each in both["conflicts"]] == ["first_name"]
    assert both["conflicts"][0] | {"kept": "Anna", "by": "hq"} == both["conflicts"][0]


def words(said):
    """Return what was said in one line, however wide the terminal is."""
    return " ".join(said.split())


def mivb(folder, first_name):
    """Return options of a MiVoice Business that calls itself by the name of the other one."""
    path = folder / "mivb.csv"
    path.write_text(
        "Login ID,First Name,Last Name,Email Address,Directory Number,Device Type,Role\n"
        f"ana,{first_name},Ruiz,ana@example.org,201,UC Endpoint,Staff\n"
    )
    return f"file={path}", "pbx_name=small"


def test_users_of_a_changed_connection_are_marked_until_they_are_synchronised(offhook, export):
    offhook.run("roles", "set", "small", "Staff", "default")
    offhook.run("users", "import", "--from", "small", "--all", expect=3)
    assert "sync" not in offhook.run("connections", "edit", "small", f"files={export}")

    moved = export.rename(export.with_name("moved.csv"))
    said = words(offhook.run("connections", "edit", "small", f"files={moved}"))

    assert "Its 1 user needs a sync: offhook users sync --from small" in said
    assert marks(offhook) == {"small/201": "sync needed", "7328": ""}
    assert "sync-needed" in codes(offhook, "small/201")
    assert "sync-needed" not in codes(offhook, "7328")
    offhook.run("users", "sync", "--from", "small")
    assert marks(offhook) == {"small/201": "", "7328": ""}
    assert "sync-needed" not in codes(offhook, "small/201")


def marks(offhook):
    return {each["key"]: each["mark"] for each in offhook.json("users", "list")["users"]}


def codes(offhook, user):
    return {each["code"] for each in offhook.json("explain", user)["findings"]}


def test_an_import_skips_unknown_roles_and_names_the_command(offhook, export):
    offhook.run("roles", "set", "small", "Staff", "default")
    said = words(offhook.run("users", "import", "--from", "small", "--all", expect=3))

    assert 'offhook roles set small "Odd" PROFILE' in said
    assert "Done: 1 added, 1 skipped." in said
    assert "nobody has said" in offhook.run("roles", "list", "small")
    offhook.run("roles", "set", "small", "Odd", "none")
    assert "no client" in offhook.run("roles", "list", "small")
    offhook.run("roles", "remove", "small", "Odd")
    with pytest.raises(UnknownName):
        offhook.run("roles", "remove", "small", "Odd")


def test_a_sync_shows_every_field_that_changed(offhook, export):
    offhook.run("users", "import", "--all", "--profile", "default")
    export.write_text(HEADER + ANA.replace("Ruiz", "Gil").replace("ana@", "gil@"))

    tried = words(offhook.run("users", "sync", "--all", "--dry-run"))
    said = words(offhook.run("users", "sync", "small/201", "small/202"))

    for each in (tried, said):
        assert "Last name: Ruiz -> Gil; E-mail: ana@example.org -> gil@example.org" in each
        assert "1 changed, 1 gone" in each
    assert "Dry run, nothing is changed" in tried
    assert "gone at its source" in words(offhook.run("users", "list"))
    findings = offhook.json("explain", "small/202")["findings"]
    assert "gone at its source small since" in findings[0]["summary"]
    refused = words(offhook.run("deploy", "small/202", "--local", expect=3))
    assert "gone at its source" in refused


@pytest.mark.parametrize(
    "arguments",
    [
        ["users", "import", "--from", "small"],
        ["users", "import", "201", "--all"],
        ["users", "sync"],
        ["users", "sync", "small/201", "--all"],
    ],
)
def test_whom_it_is_about_has_to_be_said_in_one_way(offhook, export, arguments):
    assert "Usage: " in offhook.run(*arguments, expect=2)


def test_only_what_lists_users_can_be_read_and_scheduled(offhook, export):
    for arguments in (
        ["users", "available", "--from", "mail"],
        ["connections", "schedule", "mail"],
    ):
        with pytest.raises(InvalidInput, match="reads none") as caught:
            offhook.run(*arguments)
        assert "small" in caught.value.hint
    with pytest.raises(UnknownName, match="every now and then"):
        offhook.run("connections", "schedule", "small", "--every", "every now and then")
    assert "1h; new users are added" in offhook.run(
        "connections", "schedule", "small", "--every", "1h", "--automatic"
    )


def test_passwords_come_from_a_file_or_are_refused_whole(offhook, export, tmp_path):
    offhook.run("users", "import", "--all", "--profile", "default")
    passwords = tmp_path / "passwords.csv"
    passwords.write_text("Number;SIP password\n201;geheim\n999;x\n")

    said = offhook.run("users", "import-passwords", str(passwords), "--from", "small", expect=1)

    assert "no user of small has this number" in said
    assert "geheim" not in said
    passwords.write_text("Number;SIP password\n201;geheim\n")
    offhook.run("users", "import-passwords", str(passwords), "--from", "small")
    assert "From a file or by hand: 1 user." in offhook.run("users", "set-passwords", "small/202")


def test_what_was_never_read_is_not_empty(offhook, export):
    for arguments in (["available"], ["import", "--all"], ["sync", "--all"]):
        with pytest.raises(InvalidInput, match="small have not been read yet"):
            offhook.run("users", *arguments, "--last")


def test_a_connection_shows_when_its_users_are_and_were_read(offhook, export):
    assert "Users are read: never; never read yet." in offhook.run("connections", "show", "small")
    offhook.run("connections", "schedule", "small", "--every", "1h", "--automatic")
    offhook.run("users", "available")
    export.unlink()
    with pytest.raises(InvalidInput):
        offhook.run("users", "available")

    said = offhook.run("connections", "show", "small")

    assert "Users are read: 1h, new ones are added and deployed; last read " in said
    assert f"The last attempt failed: There is no file {export}." in said
    assert offhook.json("connections", "show", "small")["source"]["every"] == 60
    assert "Users are read" not in offhook.run("connections", "show", "mail")
    assert offhook.json("connections", "show", "mail")["source"] is None


def test_who_cannot_be_deployed_yet_waits_for_the_first_sync_that_can(offhook, export, tmp_path):
    offhook.run("profiles", "edit", "default", "pbx_host=pbx.example.org")
    first = offhook.json("users", "import", "--all", "--profile", "default", "--deploy")
    assert (first["campaign"], sum(first["waiting"].values())) == ("", 2)
    assert "waits to be deployed" in words(offhook.run("users", "list"))
    passwords = tmp_path / "passwords.csv"
    passwords.write_text("Number;SIP password\n201;geheim\n")
    offhook.run("users", "import-passwords", str(passwords), "--from", "small")

    second = offhook.json("users", "sync", "--from", "small")

    assert sum(second["waiting"].values()) == 1
    assert second["counts"]["unchanged"] == 2
    (campaign,) = offhook.json("campaigns", "list")
    assert (campaign["id"], campaign["total"]) == (second["campaign"], 1)


def able(offhook):
    """Let everybody be deployed: nobody needs a password."""
    offhook.run("profiles", "edit", "default", "use_softphone=off")


def test_who_is_in_a_campaign_already_is_not_put_into_a_second_one(offhook, export):
    able(offhook)
    first = offhook.json("users", "import", "--all", "--profile", "default", "--deploy")

    second = offhook.json("users", "sync", "--from", "small")

    assert (bool(first["campaign"]), second["campaign"]) == (True, "")
    assert len(offhook.json("campaigns", "list")) == 1


def test_a_sync_of_one_user_deploys_nobody_else_who_waits(offhook, export):
    offhook.run("users", "import", "--all", "--profile", "default", "--deploy")
    able(offhook)

    offhook.run("users", "sync", "small/201")

    (campaign,) = offhook.json("campaigns", "list")
    assert campaign["total"] == 1


def test_who_is_gone_waits_for_nothing(offhook, export):
    offhook.run("users", "import", "--all", "--profile", "default", "--deploy")
    export.write_text(HEADER + ANA)

    assert sum(offhook.json("users", "sync", "--from", "small")["waiting"].values()) == 1
