"""``offhook profiles`` and ``offhook settings`` as an administrator types them."""

import json
import shutil

import pytest
import typer.testing

from offhook.cli import root
from offhook.errors import InvalidInput, UnknownName


@pytest.fixture
def run(just_made, tmp_path, monkeypatch):
    """Run a command on a fresh installation; returns what it printed."""
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(just_made, tmp_path / "home")

    def run(*arguments, expect=0, typed=""):
        done = typer.testing.CliRunner().invoke(root, arguments, input=typed)
        assert done.exit_code == expect, done.output
        if expect == 1 and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    run("profiles", "edit", "default", "pbx_host=pbx.example.org")
    return run


def test_a_value_and_its_mode_are_set_together_and_explained(run):
    said = run("profiles", "edit", "default", "dtmf=sip-info", "dtmf.mode=locked")

    assert "Teleworker is off" in said
    rows = json.loads(run("profiles", "explain", "default", "--json"))
    (dtmf,) = (row for row in rows if row["setting"] == "dtmf")
    assert (dtmf["value"], dtmf["mode"], dtmf["origin"]) == (
        *("sip-info", "locked"),
        "profile default",
    )


def test_an_emergency_number_goes_only_after_a_question(run):
    with pytest.raises(InvalidInput, match=r"Take 000, 110, 111, 113"):
        run("profiles", "edit", "default", "emergency_numbers=112", expect=1)
    with pytest.raises(InvalidInput, match=r"Take 000, 110, 111, 113"):
        run("profiles", "create", "new", "emergency_numbers=112", expect=1)
    run("profiles", "create", "new", "emergency_numbers=112", "--yes")
    run("profiles", "edit", "default", "emergency_numbers=112", "--yes")
    run("profiles", "edit", "default", "emergency_numbers=112,4711")

    rows = json.loads(run("profiles", "explain", "default", "--json"))
    assert {"112,4711"} == {r["value"] for r in rows if r["setting"] == "emergency_numbers"}


def test_an_extension_that_is_an_emergency_number_is_warned_about(run):
    run(
        *("users", "add", "number=119", "first_name=Ana", "last_name=Ruiz", "email=a@b.test"),
        *("pbx_username=119", "pbx_password=s3cret", "pbx_host=pbx.example.org"),
    )

    findings = json.loads(run("profiles", "validate", "default", "--json"))
    warnings = [each["summary"] for each in findings if each["level"] == "warning"]
    assert any("number 119 is the extension of Ana Ruiz" in each for each in warnings)


def test_what_the_client_cannot_do_is_said(run):
    run("profiles", "edit", "default", "client_format=linphone", "audio_codec=g722.1")

    findings = json.loads(run("profiles", "validate", "default", "--json"))

    notes = [each for each in findings if each["code"] == "profile-client"]
    assert "Linphone cannot do all of audio_codec." in {each["summary"] for each in notes}


def test_a_preview_of_a_real_user_shows_no_secret(run):
    run(
        *("users", "add", "number=7328", "first_name=Ana", "last_name=Ruiz", "email=a@b.test"),
        *("pbx_username=7328", "pbx_password=s3cret-of-7328"),
    )

    said = run("profiles", "preview", "default", "--user", "7328", "--format", "linphone")

    assert "sip:7328@pbx.example.org" in said
    assert "s3cret" not in said
    assert "emergency_numbers: Linphone" in said


def test_a_preview_says_how_often_the_client_comes_back(run):
    run("profiles", "edit", "default", "refresh_interval=90")

    assert "<extProvInterval>5400<" in run("profiles", "preview", "default", "--format", "acrobits")


def test_profiles_differ_in_what_they_say_and_come_back_from_a_file(run):
    run("profiles", "copy", "default", "staff")
    assert "say the same" in run("profiles", "diff", "default", "staff")
    run("profiles", "edit", "staff", "dtmf=sip-info")
    (row,) = json.loads(run("profiles", "diff", "default", "staff", "--json"))
    assert (row["setting"], row["first"], row["second"]) == ("dtmf", "rfc4733", "sip-info")

    run("profiles", "export", "staff", "--out", "staff.toml")
    run("profiles", "delete", "staff")
    assert "1 made" in run("profiles", "import", "staff.toml")
    assert json.loads(run("profiles", "diff", "default", "staff", "--json")) == [row]


def test_profiles_that_cannot_be_written_say_why(run):
    with pytest.raises(InvalidInput, match=r"nowhere/staff\.toml cannot be written"):
        run("profiles", "export", "--out", "nowhere/staff.toml", expect=1)


def test_the_site_has_the_last_word(run):
    run("profiles", "edit", "default", "token_lifetime=1w")
    run("settings", "set", "token_lifetime=2w")

    rows = json.loads(run("profiles", "explain", "default", "--json"))
    (row,) = (each for each in rows if each["setting"] == "token_lifetime")
    assert (row["value"], row["origin"]) == ("2w", "the site")
    listed = json.loads(run("settings", "list", "--json"))
    assert {each["setting"]: each["value"] for each in listed if each["is_set"]} == {
        "token_lifetime": "2w"
    }


def test_a_host_with_several_addresses_is_pointed_out(run, monkeypatch):
    monkeypatch.setattr("offhook.cli.settings.look_up", lambda host: ["10.0.0.1", "10.1.0.1"])

    said = run("settings", "set", "client_service_host=here.example.org")

    assert "has several addresses, 10.0.0.1, 10.1.0.1" in said


def test_what_is_neither_profile_nor_user_is_said_to_be_neither(run):
    with pytest.raises(UnknownName, match="no profile or user 'defualt'") as caught:
        run("profiles", "explain", "defualt", expect=1)
    assert "default" in caught.value.hint


def test_what_stands_against_a_client_and_what_to_do_are_two_lines(run):
    said = run("profiles", "edit", "default", "client_format=bria", "voicemail_number='a\"b'")

    assert "\n  Correct it in the profile or the user's data, then deploy again.\n" in said


def test_a_value_that_was_read_as_another_one_is_said(run):
    said = run("profiles", "edit", "default", "video_rx_rate=850", "dscp_sip=CS3", "sip_port=5071")

    assert "video_rx_rate: 850 is taken as 768." in said
    assert "dscp_sip: CS3 is taken as 24." in said
    assert "sip_port" not in said


def test_a_file_that_takes_an_emergency_number_away_asks_first(run, tmp_path):
    file = tmp_path / "p.toml"
    file.write_text('[profile.travel.settings]\nemergency_numbers = ["112"]\n')

    with pytest.raises(InvalidInput, match=r"Profile travel: Take 000, .*911, 999 away"):
        run("profiles", "import", str(file), expect=1)
    assert "travel" not in run("profiles", "list")
    assert "1 made" in run("profiles", "import", str(file), "--yes")
    assert "0 made" in run("profiles", "import", str(file), "--overwrite", "--dry-run")
