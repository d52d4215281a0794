"""What people get wrong, typed on the real command line: a sentence, exit 1, nothing half done."""

import os
import shutil
import socket
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from offhook import events
from offhook.app import App
from offhook.provisioning import connections
from tests.journeys.installation import Installation, make_installation
from tests.lab.pki import Pki
from tests.lab.processes import free_port, wait_until
from tests.lab.smtp_sink import StartSink

HEADER = "Last name,E-mail,Directory number,PBX SIP user name,PBX SIP password,PBX SIP host\n"
ANA = "木村,ana@example.org,7328,7328,Note-G-1843!,pbx.example.org\n"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Path:
    """A data folder with one user who can be deployed, to be copied."""
    folder = tmp_path_factory.mktemp("furnished")
    with make_installation(folder, pki) as made:
        people = folder / "people.csv"
        people.write_text(HEADER + ANA, encoding="utf-8")
        made.run("users", "import-csv", people)
    return made.home


@pytest.fixture
def installation(furnished: Path, tmp_path: Path, pki: Pki) -> Iterator[Installation]:
    """A copy of it for one test."""
    shutil.copytree(furnished, tmp_path / "home")
    made = Installation(tmp_path / "home", pki)
    yield made
    made.stop()


@pytest.fixture
def database(installation: Installation) -> Path:
    return installation.home / "offhook.sqlite"


def names(installation: Installation) -> list[str]:
    with closing(sqlite3.connect(installation.home / "offhook.sqlite")) as connection:
        return [name for (name,) in connection.execute("SELECT last_name FROM offhook_user")]


def refused(installation: Installation, *arguments: object, **env: object) -> str:
    """Run a command that must end with one explained error; returns what it said."""
    said = installation.run(*arguments, expect=1, **env)
    assert said.startswith("offhook: "), said
    return said


def write_spreadsheet(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")


def write_huge(path: Path) -> None:
    path.write_text(HEADER + ANA)
    os.truncate(path, 2 << 30)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "spreadsheet": (write_spreadsheet, "is a spreadsheet or an archive, not CSV"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "binary": (
        lambda path: path.write_bytes(bytes(range(256)) * 16),
        "is neither UTF-8 nor Windows-1252",
    ),
    "huge": (write_huge, "has 2,048 MB; the limit is 256 MB"),
    "no header": (lambda path: path.write_text(ANA * 2), "is the header missing?"),
    "header twice": (
        lambda path: path.write_text(f"E-mail,{HEADER}{ANA}"),
        "column 'E-mail': it is there 2 times",
    ),
}


def test_a_file_that_is_no_table_of_users_is_refused(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    for write, message in FILES.values():
        write(path)
        said = refused(installation, "users", "import-csv", path)
        assert message in said
        assert "\n  " in said, "no advice"

    assert names(installation) == ["木村"]


def test_every_one_of_a_thousand_wrong_rows_is_reported(
    installation: Installation, tmp_path: Path
) -> None:
    path, report = tmp_path / "people.csv", tmp_path / "report.csv"
    rows = "".join(f"N{n},nonsense{n},{n},{n},s3cret{n},\n" for n in range(1000))
    path.write_text(HEADER + rows + ANA)

    said = installation.run("users", "import-csv", path, "--report", report, expect=1)

    assert "nonsense999" in said
    assert "s3cret" not in said
    assert "Nothing was imported: 1001 rows, 1000 of them bad." in said
    assert "nonsense999" in report.read_text()
    missing = tmp_path / "nowhere" / "report.csv"
    path.write_text(HEADER + ANA)
    assert "cannot be written" in refused(
        installation, "users", "import-csv", path, "--report", missing
    )
    assert names(installation) == ["木村"]


def test_a_key_file_that_does_not_fit_is_named_and_stays_as_it_is(
    installation: Installation,
) -> None:
    keys = installation.home / "keys"
    mine, foreign = keys.read_bytes(), Fernet.generate_key() + b"\n"
    keys.write_bytes(foreign)
    for command in ("users list", "keys rotate"):
        assert "cannot be opened with the keys in" in refused(installation, *command.split())
    assert keys.read_bytes() == foreign

    keys.unlink()
    assert "There is no key file" in refused(installation, "users", "list")
    assert "its key file" in refused(installation, "init")
    assert not keys.exists()

    keys.write_bytes(mine)
    keys.chmod(0o644)
    assert f"chmod 600 {keys}" in refused(installation, "users", "list")
    keys.chmod(0o600)
    assert "7328" in installation.run("users", "list")


@pytest.mark.parametrize(
    ("version", "said", "commands"),
    [
        ("9999", "is from a newer offhook", ("users list", "migrate", "serve")),
        ("0000", "then run: offhook migrate", ("users list",)),
    ],
)
def test_a_database_of_another_version_is_left_alone(
    version: str, said: str, commands: tuple[str, ...], installation: Installation, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE offhook_alembic_version SET version_num = ?", (version,))
    before = database.read_bytes()

    for command in commands:
        assert said in refused(installation, *command.split())

    assert database.read_bytes() == before


def test_a_database_that_is_none_or_is_away_is_named(
    installation: Installation, database: Path
) -> None:
    database.write_bytes(b"This is no database. " * 500)

    for command in ("users list", "migrate"):
        said = refused(installation, *command.split())
        assert f"{database} cannot be used: file is not a database" in said
        assert "backup" in said
    away = f"postgresql://offhook:s3cret@127.0.0.1:{free_port()}/offhook"
    said = refused(installation, "users", "list", OFFHOOK_DATABASE=away)
    assert "Connection refused" in said
    assert "check" in said.lower()
    assert "s3cret" not in said


def test_settings_that_cannot_be_used_are_named(installation: Installation) -> None:
    path = installation.home / "offhook.toml"
    good = path.read_text()
    path.write_text(f'{good}\npubic_url = "https://phones.example.org"\nadmin_listen = "here"\n')
    said = refused(installation, "users", "list", OFFHOOK_ADMIN_LISTEN="127.0.0.1:1")
    assert "pubic_url: unknown setting" in said
    assert "admin_listen 'here': use ADDRESS:PORT" in said

    path.write_text(f"{good}\npublic_url = https://phones.example.org\n")
    said = refused(installation, "users", "list")
    assert f"{path} is not a settings file" in said
    assert 'public_url = "https://HOST"' in said


def test_init_that_fails_leaves_nothing_and_can_be_repeated(tmp_path: Path, pki: Pki) -> None:
    fresh = Installation(tmp_path / "new" / "home", pki)
    assert "no installation in" in refused(fresh, "users", "list")
    assert "no installation in" in refused(fresh, "migrate")
    away = f"postgresql://offhook:s3cret@127.0.0.1:{free_port()}/offhook"

    assert "use https://HOST" in refused(fresh, "init", "--public-url", "phones")
    assert "Connection refused" in refused(fresh, "init", "--database", away)
    assert not fresh.home.exists()

    (tmp_path / "file").write_text("")
    inside = Installation(tmp_path / "file" / "home", pki)
    assert "cannot be made: Not a directory" in refused(inside, "init")

    fresh.run("init", "--public-url", "https://phones.example.org")
    assert {path.stat().st_mode & 0o077 for path in fresh.home.rglob("*")} == {0}


def test_what_keeps_the_server_from_starting_is_named(
    installation: Installation, pki: Pki, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", installation.port)):
        said = refused(installation, "serve")
    assert f"Cannot listen on 127.0.0.1:{installation.port} (downloads_listen)" in said

    said = refused(installation, "serve", OFFHOOK_CERTIFICATE=tmp_path / "nowhere.pem")
    assert "nowhere.pem (certificate) cannot be read" in said
    key = pki.foreign.key
    assert "does not belong to" in refused(installation, "serve", OFFHOOK_PRIVATE_KEY=key)
    said = refused(installation, "serve", OFFHOOK_DOWNLOADS_LISTEN="nowhere.invalid:8443")
    assert "(downloads_listen): that name is not known" in said


def test_a_mail_server_that_cannot_be_used_is_explained_step_by_step(
    installation: Installation, start_sink: StartSink, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"username": "offhook", "password": "other"}
    ports = {
        "down": (free_port(), "Nobody listens at"),
        "plain": (start_sink(tls="none").port, "offers no encryption (STARTTLS)"),
        "expired": (start_sink(certificate=pki.expired).port, "has expired"),
        "self-signed": (start_sink(certificate=pki.self_signed).port, "is self-signed"),
        "login": (start_sink(**login).port, "refuses the login of 'offhook'"),
    }
    monkeypatch.setenv("OFFHOOK_HOME", str(installation.home))
    for name, (port, message) in ports.items():
        connect(name, port, pki)
        found = installation.run("connections", "check", name, "--json", expect=1)
        assert message in found
        assert "s3cret" not in found
    said = refused(installation, "email", "test", "me@example.org", "--transport", "login")
    assert ports["login"][1] in said


def connect(name: str, port: int, pki: Pki) -> None:
    """Store a connection to a mail server on this machine."""
    app = App.load()
    options = {
        "host": "localhost",
        "port": str(port),
        "username": "offhook",
        "password": "s3cret",
        "sender": "phones@example.org",
        "ca_file": str(pki.root),
    }
    connections.add(app.store, app.plugins, name, "email_smtp", options, actor="", now=app.now())
    app.store.close()


def test_a_mail_that_waits_is_explained_wherever_one_looks(
    installation: Installation, start_sink: StartSink, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = start_sink(username="offhook", password="other")
    monkeypatch.setenv("OFFHOOK_HOME", str(installation.home))
    connect("mail", sink.port, pki)
    waiting = installation.json("deploy", "--all")["id"]
    worker = installation.start("worker")
    try:
        wait_until(lambda: events.latest(App.load().store), "the event", timeout=30)
    finally:
        worker.stop(timeout=20)

    for where in (("events", "list"), ("campaigns", "show", waiting), ("explain", "7328")):
        said = " ".join(installation.run(*where, COLUMNS="400").split())
        assert "refuses the login of 'offhook': 535" in said


def test_output_that_goes_nowhere_or_into_a_small_character_set_is_no_accident(
    installation: Installation,
) -> None:
    small = {"PYTHONIOENCODING": "ascii"}

    assert "\\u6728" in installation.run("users", "list", "--json", **small)
    assert "?? " in installation.run("deploy", "7328", "--dry-run", "--local", **small)
    installation.run("deploy", "7328", "--local")
    assert "--file" in refused(installation, "qr", "7328", **small)
    if Path("/dev/full").exists():
        said = installation.shell("users list > /dev/full", expect=1)
        assert "No space left on device" in said
    assert installation.shell("profiles explain default --json | head -n 1") == "[\n"
