"""An installation with one user and a mail connection, and the commands that work on it."""

import json
import shutil

import pytest
from attrs import frozen
from rich.console import Console
from typer.testing import CliRunner

from offhook import console
from offhook.app import App
from offhook.cli import root
from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import connections, profiles


@frozen
class Commands:
    """Runs commands on an installation; what a person or a program reads comes back."""

    app: App

    def run(self, *arguments, expect=0):
        result = CliRunner().invoke(root, list(arguments))
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.exit_code == expect, result.output
        return result.output

    def json(self, *arguments, expect=0):
        result = CliRunner().invoke(root, [*arguments, "--json"])
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.exit_code == expect, result.output
        return json.loads(result.stdout)

    def add_user(self, number, **fields):
        values = {"email": f"{number}@example.org", "pbx_password": Secret("s3cret"), **fields}
        with self.app.store.write() as tx:
            user = User(
                id=f"u-{number}",
                profile=profiles.DEFAULT,
                first_name="Ana",
                last_name="Ruiz",
                number=number,
                pbx_username=number,
                created_at=self.app.now(),
                **values,
            )
            tx.users.add(user, profiles.get(tx, profiles.DEFAULT).id)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    """A terminal that is wide enough for every table, whatever the tests run in."""
    monkeypatch.setattr(console, "_out", Console(highlight=False, width=200))


@pytest.fixture(scope="session")
def just_made(tmp_path_factory):
    """The data folder of an installation that was just made."""
    home = tmp_path_factory.mktemp("made") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFHOOK_HOME", str(home))
        App.initialize({})
    return home


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """The data folder of an installation with one user and a mail connection without answer."""
    home = tmp_path_factory.mktemp("furnished") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFHOOK_HOME", str(home))
        App.initialize({"public_url": "https://phones.example.org"})
        app = App.load()
    now = app.now()
    options = {"host": "localhost", "port": "9", "sender": "offhook@example.org"}
    connections.add(app.store, app.plugins, "mail", "email_smtp", options, actor="", now=now)
    texts = {"pbx_host": "pbx.example.org"}
    profiles.edit(app.store, app.plugins, profiles.DEFAULT, texts, actor="", now=now)
    Commands(app).add_user("7328")
    app.store.close()
    return home


@pytest.fixture
def offhook(furnished, tmp_path, monkeypatch):
    """A copy of the installation for one test."""
    shutil.copytree(furnished, tmp_path / "home")
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "home"))
    return Commands(App.load())
