"""`offhook users` as it is typed, on a furnished data folder."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from attrs import frozen

from offhook import cli
from offhook.store.imports import Imports

ROWS = "Last name,E-mail,Number,PIN\nRuiz,ana@example.org,7328,0012\n"
ACCOUNT = ("pbx_host=pbx.example.org", "pbx_username=u")


@frozen
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def offhook(
    just_made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a command in an installation of its own, in this process."""
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(just_made, tmp_path / "home")

    def run(*arguments: str, typed: str | None = None) -> Done:
        monkeypatch.setattr(sys, "argv", ["offhook", "users", *arguments])
        stdin = StringIO(typed or "")
        monkeypatch.setattr(stdin, "isatty", lambda: typed is not None)
        monkeypatch.setattr(sys, "stdin", stdin)
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run


def save(text: str, name: str = "people.csv") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def listed(offhook: Run, *arguments: str) -> list[str]:
    page = json.loads(offhook("list", "--json", *arguments).out)
    return [user["last_name"] for user in page["users"]]


def test_a_file_is_imported_and_its_users_are_listed(offhook: Run) -> None:
    done = offhook("import-csv", save(ROWS))

    assert done.code == 0
    assert "Done: 1 added" in done.out
    assert "row 2: incomplete: no PBX SIP host" in done.err
    assert "7328" in offhook("list").out
    assert listed(offhook, "--search", "RUI") == ["Ruiz"]
    assert listed(offhook, "--search", "nobody") == []


def test_a_refused_file_exits_1_and_a_partial_one_3(offhook: Run) -> None:
    path = save(f"{ROWS}Bad,nonsense,1,12\n")

    refused = offhook("import-csv", path)
    assert refused.code == 1
    assert "Nothing was imported: 2 rows, 1 of them bad" in refused.out
    assert "use one e-mail address" in refused.out
    assert "12" not in refused.out.split("PIN")[1].splitlines()[0]
    assert listed(offhook) == []

    partial = offhook("import-csv", path, "--partial", "--report", "report.csv")
    assert partial.code == 3
    assert listed(offhook) == ["Ruiz"]
    assert "3,PIN,****,use 4 to 20 digits" in Path("report.csv").read_text(encoding="utf-8-sig")


def test_a_dry_run_imports_nothing_and_programs_read_json(offhook: Run) -> None:
    done = offhook("import-csv", save(ROWS), "--dry-run", "--json")
    report = json.loads(done.out)

    assert (done.code, report["added"], report["dry_run"]) == (0, 1, True)
    assert listed(offhook) == []


@pytest.mark.parametrize(("content", "word"), [("", "is empty"), ("PK\x03\x04", "spreadsheet")])
def test_an_unusable_file_is_a_sentence_and_exit_1(offhook: Run, content: str, word: str) -> None:
    done = offhook("import-csv", save(content))

    assert done.code == 1
    assert word in done.err
    assert "Traceback" not in done.err


def test_an_export_is_changed_and_imported_again(offhook: Run) -> None:
    offhook("import-csv", save(ROWS))
    exported = offhook("export", "out.csv")
    assert "with their PINs" in exported.out
    assert Path("out.csv").stat().st_mode & 0o077 == 0
    text = Path("out.csv").read_text(encoding="utf-8-sig")

    done = offhook("import-csv", save(text.replace("Ruiz", "Díaz"), "new.csv"), "--overwrite")

    assert (done.code, listed(offhook)) == (0, ["Díaz"])
    assert "it clears the field" not in done.err


def test_before_fields_are_cleared_the_terminal_is_asked(offhook: Run) -> None:
    offhook("import-csv", save(ROWS))
    offhook("export", "out.csv")
    text = Path("out.csv").read_text(encoding="utf-8-sig")
    path = save(text.replace("0012", ""))

    assert offhook("import-csv", path, "--overwrite", typed="").code == 1
    refused = offhook("import-csv", path, "--overwrite", "--json", typed="n\n")
    assert (refused.code, refused.out) == (1, "")
    assert "'Deployment PIN' is empty in all 1 rows: it clears the field of 1 users" in refused.err
    assert "Nothing was imported" in refused.err

    assert offhook("import-csv", path, "--overwrite", typed="y\n").code == 0
    assert not json.loads(offhook("show", "7328", "--json").out)["pin"]
    assert offhook("import-csv", save(text), "--overwrite", typed="").code == 0


def test_a_report_that_cannot_be_written_is_told_before_the_import(offhook: Run) -> None:
    done = offhook("import-csv", save(ROWS), "--report", "nowhere/report.csv")

    assert done.code == 1
    assert "nowhere/report.csv cannot be written" in done.err
    assert listed(offhook) == []


def test_an_export_goes_to_the_output(offhook: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    offhook("import-csv", save(ROWS))
    out = TextIOWrapper(BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    offhook("export", "-", "7328")

    assert b"Ruiz,7328,ana@example.org" in out.buffer.getvalue()


def test_a_file_that_cannot_be_written_is_named(offhook: Run) -> None:
    done = offhook("template", "nowhere/t.csv")

    assert done.code == 1
    assert "nowhere/t.csv cannot be written: No such file or directory." in done.err
    Path("folder").mkdir()
    os.mkfifo("pipe")
    assert "folder cannot be written: it is a folder." in offhook("template", "folder").err
    assert "pipe cannot be written: it is a device or pipe." in offhook("template", "pipe").err
    assert not [*Path().glob("*.part")]


def test_the_template_names_the_columns(offhook: Run) -> None:
    assert offhook("template", "t.csv").code == 0
    assert Path("t.csv").read_text(encoding="utf-8-sig").startswith("Profile,First name,Last name")


def test_a_user_is_added_shown_edited_and_given_a_pin(offhook: Run) -> None:
    save("p&;#'\n", "password")
    given = ("last_name=Ruiz", "email=a@example.org", "number=1", "pbx_password=@password")
    assert offhook("add", *given, *ACCOUNT).code == 0
    assert offhook("edit", "1", "first-name=Ana", "profile=default").code == 0
    pin = offhook("pin", "1").out.split()[-1]

    shown = json.loads(offhook("show", "1", "--json").out)

    assert (shown["first_name"], shown["pbx_password"], shown["pin"]) == ("Ana", "****", "****")
    assert shown["missing"] == ""
    assert (len(pin), pin.isdecimal()) == (6, True)
    assert pin not in offhook("show", "1").out


def test_the_form_lists_every_problem(offhook: Run) -> None:
    done = offhook("add", "email=nonsense", "room=1")

    assert done.code == 1
    for text in ("email 'nonsense'", "room: unknown", "last_name: mandatory", "pbx_password"):
        assert text in done.err


def test_pages_follow_one_another(offhook: Run) -> None:
    rows = [f"L{number},u{number}@example.org,{number}" for number in range(5)]
    offhook("import-csv", save("\n".join(["Last name,E-mail,Number", *rows])))
    seen, after = [], ""
    while after is not None:
        page = json.loads(offhook("list", "--limit", "2", "--after", after, "--json").out)
        seen += [user["last_name"] for user in page["users"]]
        after = page["next"]

    assert seen == [f"L{number}" for number in range(5)]
    assert listed(offhook, "--sort", "number", "--descending")[0] == "L4"
    assert "--after is no end of a page" in offhook("list", "--after", "x").err
    assert "There is no order 'nmber'" in offhook("list", "--sort", "nmber").err


def test_deleting_asks_and_a_dry_run_shows_whom(offhook: Run) -> None:
    offhook("import-csv", save(ROWS))
    assert "Ruiz" in offhook("delete", "7328", "--dry-run").out
    assert offhook("delete", "7328").code == 1
    assert listed(offhook) == ["Ruiz"]

    assert offhook("delete", "7328", "--yes").code == 0

    assert listed(offhook) == []


def test_a_bulk_action_needs_to_know_whom(offhook: Run) -> None:
    export = ("export", "-", "1", "--search", "x")
    for arguments in (("delete",), ("assign", "default"), ("delete", "1", "--all"), export):
        assert offhook(*arguments).code == 2


def test_a_profile_is_assigned(offhook: Run) -> None:
    offhook("import-csv", save(ROWS))

    assert "Users with another profile now: 0" in offhook("assign", "default", "--all").out
    for more in ((), ("--dry-run",)):
        assert "There is no profile 'stuff'" in offhook("assign", "stuff", "--all", *more).err
    assert (
        "would get the profile default: 1" in offhook("assign", "default", "7328", "--dry-run").out
    )


def test_ctrl_c_that_comes_when_users_change_is_too_late_and_they_are_told(
    offhook: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "people.csv").write_text(ROWS)
    before, switch = signal.getsignal(signal.SIGINT), Imports.switch

    def press_ctrl_c(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        return switch(*arguments)

    monkeypatch.setattr(Imports, "switch", press_ctrl_c)
    done = offhook("import-csv", "people.csv")

    assert (done.code, "1 added" in done.out) == (0, True)
    assert signal.getsignal(signal.SIGINT) == before
