"""What `--json` prints has the keys that the documentation names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from offhook.app import App
from offhook.cli import root
from offhook.provisioning import clientlogs
from offhook.provisioning.downloads import Ask
from tests.core.certificates.authorities import leaf
from tests.core.certificates.authorities import root as authority
from tests.core.certificates.servers import serve

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "exit-statuses-and-json.md"
ROWS = dict(re.findall(r"^\| `(offhook [^`]+)` \| (.*) \|$", PAGE.read_text("utf-8"), re.M))
PEOPLE = """Last name,E-mail,Directory number,PBX SIP user name,PBX SIP password
Lovelace,ada@example.org,7328,7328,Note-G-1843!
,grace@example.org,7327,7327,Bug-1947-moth
"""
EXPORT = "Number;Last name;Terminal type\n201;Hopper;SIP\n"
ARGUMENTS = {
    "offhook users show": ["7328"],
    "offhook users import-csv": ["people.csv", "--dry-run"],
    "offhook users import": ["--all", "--dry-run"],
    "offhook users sync": ["--all"],
    "offhook users set-passwords": ["--all", "--dry-run"],
    "offhook users fetch-credentials": ["--all"],
    "offhook users registrations": ["--all"],
    "offhook users import-passwords": ["passwords.csv", "--from", "hq"],
    "offhook roles list": ["hq"],
    "offhook profiles explain": ["default"],
    "offhook profiles validate": ["default"],
    "offhook profiles diff": ["default", "staff"],
    "offhook profiles preview": ["default"],
    "offhook profiles import": ["profiles.toml", "--overwrite"],
    "offhook connections show": ["mail"],
    "offhook connections check": ["mail"],
    "offhook deploy --dry-run": ["7328"],
    "offhook deploy": ["7328", "--local"],
    "offhook force --dry-run": ["7328"],
    "offhook force": ["7328"],
    "offhook auto-deploy --dry-run": ["7328"],
    "offhook auto-deploy": ["7328"],
    "offhook devices revoke": ["DEVICE"],
    "offhook campaigns show": ["CAMPAIGN"],
    "offhook qr": ["7328"],
    "offhook explain": ["7328"],
    "offhook diagnose": ["default"],
    "offhook certs inspect": ["server.pem"],
    "offhook certs order": ["server.pem"],
    "offhook certs check": ["localhost", "--port", "PORT"],
    "offhook certs install": ["server.pem"],
    "offhook email preview": ["7328"],
    "offhook plugins show": ["mvo400"],
    "offhook topology plan": ["lan-dmz", "--site", "site.toml"],
    "offhook topology check": ["lan-dmz", "--site", "site.toml"],
}


def invoke(*arguments: str) -> str:
    return typer.testing.CliRunner().invoke(root, arguments).stdout


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An installation in the working folder with one of everything; ids by the word for each."""
    home = tmp_path_factory.mktemp("documented")
    (home / "people.csv").write_text(PEOPLE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("OFFHOOK_HOME", str(home / "data"))
        invoke("init")
        invoke("profiles", "edit", "default", "pbx_host=pbx.example.org", "log_upload=on")
        invoke("profiles", "create", "staff", "pbx_type=generic", "dtmf=sip-info")
        invoke("profiles", "export", "--out", "profiles.toml")
        options = ("host=127.0.0.1", "port=1", "security=none", "sender=phones@example.org")
        invoke("connections", "add", "mail", "--plugin", "email_smtp", *options)
        invoke("redirect", "servers", "add", "north", "A" * 43 + "=")
        invoke("users", "import-csv", "people.csv", "--partial")
        (home / "export.csv").write_text(EXPORT)
        (home / "site.toml").write_text(invoke("topology", "example", "lan-dmz"))
        (home / "passwords.csv").write_text("Number,SIP password\n9,x\n")
        invoke("connections", "add", "hq", "--plugin", "mvo400", "files=export.csv")
        invoke("users", "import", "--all")
        (home / "export.csv").write_text(EXPORT.replace("201", "202"))
        app = App.load()
        with app.store.write() as tx:
            tx.events.raise_once("minor", "example", "7328", "An example.", app.now())
        app.store.close()
        deployed = json.loads(invoke("deploy", "7328", "--local", "--json"))
        download(deployed["links"][0]["config_url"].rpartition("/")[2])
        device = json.loads(invoke("devices", "list", "--json"))["devices"][0]["id"]
        own = leaf(authority())
        (home / "server.pem").write_bytes(own.pem + own.key_pem)
        with serve(own) as port:
            yield {"CAMPAIGN": deployed["id"], "DEVICE": device, "PORT": str(port)}


def download(token: str) -> None:
    """Download as a client does, and send a log."""
    app = App.load()
    config = app.redeem([Ask(token=token, format="offhook")])[0].config
    assert config
    device = json.loads(config.body)["refresh"]["url"].rpartition("/")[2]
    sent = clientlogs.keep(app.store, app.plugins, device, b"x", agent="Phone", now=app.now())
    assert sent == ""
    app.store.close()


def named(command: str) -> set[str]:
    """Return the keys that the page names for *command*, those of the rows it refers to too."""
    words = re.findall(r"`([^`]+)`", ROWS[command])
    own = {word for word in words if not word.startswith("offhook ")}
    return own.union(*(named(word) for word in words if word.startswith("offhook ")))


def keys_of(value: Any) -> set[str]:
    """Return the keys of an object, of the objects in its lists, and of a plugin in it."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    nested = [each for key, each in value.items() if isinstance(each, list) or key == "plugin"]
    return set(value).union(*map(keys_of, nested))


@pytest.mark.parametrize("command", ROWS)
def test_json_has_the_keys_that_the_page_names(command: str, ids: dict[str, str]) -> None:
    arguments = [ids.get(word, word) for word in ARGUMENTS.get(command, [])]

    printed = json.loads(invoke(*command.split()[1:], *arguments, "--json"))

    assert keys_of(printed) == named(command)
