"""Nothing that is secret is ever said, at debug level either: the whole story of a gateway."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, field

from offhook_simulators.clients import fetch
from offhook_simulators.exports import write_export
from offhook_simulators.mbg import Faults, Mbg
from offhook_simulators.mbg_data import CONSUMER_SECRET, SIP_USER, name_at
from tests.journeys.edges import approve, ask, click, connected
from tests.journeys.installation import Installation
from tests.journeys.loud import everything_said, find_secrets, make_loud_installation
from tests.lab.pki import Pki
from tests.lab.smtp_sink import Sink, StartSink
from tests.lab.zbar import read_qr_of

pytestmark = pytest.mark.lab

USERS = 3
PIN = "730428119653"
PBX_PASSWORD = "p/b&x <ä> "
CHANGED = "Changed0n-the&gateway"
KINDS = {
    *("consumer secret", "secret of a request", "verifier", "token", "secret of a token"),
    *("set-side password", "PBX password", "PIN", "password of the mailer", "link", "device token"),
}


@define
class Story:
    """What happens to an installation and its gateway; ``secrets`` are all that were used."""

    installation: Installation
    gateway: Mbg
    sink: Sink
    secrets: dict[str, set[str]] = field(factory=lambda: defaultdict(set))

    def run(self, *arguments: object, expect: int = 0) -> str:
        return self.installation.run(*arguments, expect=expect)

    def keep_tokens(self) -> None:
        """Remember what the gateway gave, before it is something else."""
        for each in self.gateway.oauth.waiting.values():
            self.secrets["secret of a request"].add(each.secret)
        for token in self.gateway.oauth.tokens.values():
            self.secrets["token"].add(token.key)
            self.secrets["secret of a token"].add(token.secret)

    def keep_passwords(self) -> None:
        users = self.gateway.users
        self.secrets["set-side password"] |= {users.password(name_at(n)) for n in range(USERS)}

    def let_in(self) -> None:
        """Get in, after the wrong consumer secret, a wrong verifier, and a refusal."""
        right, wrong = CONSUMER_SECRET, "wrong-secret-of-a-consumer"
        self.run("connections", "edit", "edge", f"consumer_secret={wrong}")
        self.run("connections", "authorize", "edge", expect=1)
        self.run("connections", "edit", "edge", f"consumer_secret={right}")
        self.secrets["consumer secret"] = {right, wrong}
        address = ask(self.installation)
        self.keep_tokens()
        self.run("connections", "check", "edge", expect=1)
        verifier = approve(address, self.installation.authority)
        for shown, expect in (("wrong-verifier-of-mine", 1), (verifier, 0)):
            self.secrets["verifier"].add(shown)
            self.run("connections", "authorize", "edge", "--verifier", shown, expect=expect)
        self.keep_tokens()

    def let_in_by_callback(self) -> None:
        """Get in once more; the approver's browser brings the verifier to the server."""
        how = ("--again", "--callback", "--wait", "1")
        address = ask(self.installation, *how, expect=1)
        self.keep_tokens()
        page = click(address, self.installation.authority)
        assert "edge is authorised" in page.text
        self.secrets["verifier"] |= {*parse_qs(urlsplit(page.url).query)["oauth_verifier"]}
        self.keep_tokens()

    def fail(self) -> None:
        """Ask the gateway while all kinds of things are wrong."""
        fetching = ("users", "fetch-credentials", "--all", "--json")
        checking = ("connections", "check", "edge", "--json")
        for trouble, command, expect in (
            (Faults(failing={"sip_users"}), fetching, 3),
            (Faults(truncated={"sip_users"}), fetching, 3),
            (Faults(truncated={"sip_users"}), checking, 1),
            (Faults(skew=timedelta(hours=1)), checking, 1),
        ):
            self.gateway.faults = trouble
            self.run(*command, expect=expect)
        self.gateway.faults = Faults()
        self.gateway.oauth.replays = 100
        self.run(*fetching, expect=3)
        self.gateway.oauth.replays = 0

    def read_all(self) -> None:
        """Read users and credentials, and look at the gateway, while all is well."""
        self.run("users", "available", "--json")
        self.run("users", "fetch-credentials", "--all", "--json")
        self.run("connections", "check", "edge", "--json")

    def deploy(self, *whom: str) -> list[Any]:
        """Mail links, and be the clients that fetch what is behind them; returns what they got."""
        before = self.sink.count()
        self.run("deploy", *whom, "--wait")
        return [self.fetch(mail) for mail in self.sink.messages(self.sink.count())[before:]]

    def fetch(self, mail: EmailMessage) -> Any:
        address = read_qr_of(mail)
        token = address.rpartition("/")[2]
        self.secrets["link"].add(token)
        if mail["To"] == "u10000@example.test":  # who has a PIN
            answers = [self.installation.post(f"/d/{token}/pin", {"pin": p}) for p in ("9999", PIN)]
            assert answers[1] == 200
            return answers
        document = fetch(address, self.installation.authority).document
        self.secrets["device token"].add(document["refresh"]["url"].rpartition("/")[2])
        self.run("explain", token)
        return document

    def drift(self) -> None:
        """Find and take over what is different at the gateway all of a sudden."""
        self.keep_passwords()
        self.gateway.users.change("2", {SIP_USER["Set-side Password"]: CHANGED})
        self.keep_passwords()
        assert "it has other credentials now" in self.run("connections", "drift", "edge", expect=3)
        self.run("connections", "drift", "edge", "--deliver")
        self.fetch(self.sink.messages(USERS + 1)[-1])

    def set_passwords(self) -> None:
        """Have passwords made and set, one of which the gateway declines at first."""
        setting = ("users", "fetch-credentials", "--all", "--renew", "--json")
        self.run("connections", "edit", "edge", "--credentials", "set")
        self.gateway.faults = Faults(failing_users={name_at(0)})
        self.run(*setting, expect=3)
        self.gateway.faults = Faults()
        self.run(*setting)
        self.keep_passwords()
        self.run("connections", "edit", "edge", "--credentials", "read")

    def renew(self) -> None:
        """Get another token, after a failure that is an event."""
        self.gateway.faults.failing = {"renew"}
        self.run("connections", "renew", "edge", expect=1)
        assert "could not be renewed" in self.run("events", "list")
        self.gateway.faults.failing = set()
        self.gateway.other_key_on_renewal = True
        self.run("connections", "renew", "edge")
        self.keep_tokens()

    def look_around(self) -> None:
        """Have everything shown that can be."""
        self.run("events", "list", "--all", "--json")
        self.run("connections", "show", "edge")
        self.run("profiles", "validate", "outside", "--json", expect=1)  # the CA type
        self.run("connections", "list", "--json")
        self.run("users", "show", "10000", "--json")
        self.run("explain", "10001", "--json")


@pytest.fixture
def loud(pki: Pki, tmp_path: Path) -> Iterator[Installation]:
    """An installation whose processes log all they can."""
    with make_loud_installation(tmp_path, pki) as made:
        yield made


@pytest.fixture
def story(loud: Installation, start_sink: StartSink, pki: Pki, tmp_path: Path) -> Iterator[Story]:
    """A gateway that has not let us in, and teleworkers whose PBX passwords are known."""
    sink = start_sink(username="mailer", password="password-of-the-mailer")
    loud.run(
        *("connections", "add", "mail", "--plugin", "email_smtp", f"host={sink.host}"),
        *(f"port={sink.port}", f"ca_file={pki.root}", "sender=it@example.test"),
        *("username=mailer", "password=password-of-the-mailer"),
    )
    export, passwords = tmp_path / "users.csv", tmp_path / "passwords.csv"
    write_export("mivb", export, USERS)
    rows = [f'{10_000 + n};"{PBX_PASSWORD}{n}"' for n in range(USERS)]
    passwords.write_text("\n".join(["Directory number;PBX SIP password", *rows]))
    loud.run("connections", "add", "hq", "--plugin", "mivb", f"file={export}")
    settings = ("client_format=offhook", "use_teleworker=on", "gateway_host=localhost")
    loud.run("profiles", "create", "outside", "pbx_type=mivb", *settings)
    loud.run("users", "import", "--from", "hq", "--profile", "outside", "--all")
    loud.run("users", "import-passwords", passwords, "--from", "hq")
    loud.run("users", "edit", "10000", f"pin={PIN}")
    with connected(loud, Mbg(USERS), pki) as gateway:
        made = Story(loud, gateway, sink)
        made.secrets |= {
            "PIN": {PIN},
            "password of the mailer": {"password-of-the-mailer"},
            "PBX password": {PBX_PASSWORD},
        }
        yield made


@pytest.mark.slow  # some forty commands, and a server
def test_no_secret_is_said_at_debug_level_whatever_goes_wrong(story: Story) -> None:
    story.let_in()
    story.read_all()
    story.installation.serve()
    documents = story.deploy("--all")
    story.drift()
    story.set_passwords()
    story.let_in_by_callback()
    story.renew()
    story.fail()
    story.look_around()
    story.installation.stop()

    mails = {f"mail {n}": text_of(mail) for n, mail in enumerate(story.sink.messages(USERS + 1))}
    said = everything_said(story.installation)
    kept = {kind: texts for kind, texts in story.secrets.items() if kind != "link"}
    assert find_secrets(story.secrets, said) == set()
    assert find_secrets(kept, mails) == set()

    assert set(story.secrets) == KINDS
    assert find_secrets(story.secrets, {"documents": str(documents)}) == {
        "set-side password in documents",
        "device token in documents",
    }
    assert all(find_secrets(story.secrets, {"it": mail}) for mail in mails.values())
    heard = "\n".join(said.values())
    for logger in ("urllib3.connectionpool", "sqlalchemy.engine.Engine", "dbos", "asyncio"):
        assert f"DEBUG {logger}" in heard


def text_of(mail: EmailMessage) -> str:
    """Return all that can be read in a mail."""
    return "".join(p.get_content() for p in mail.walk() if p.get_content_maintype() == "text")


def test_what_a_process_logs_at_debug_level_is_heard_and_found(loud: Installation) -> None:
    say = "import logging; logging.getLogger('somebody').debug('so it is s3cret')"
    loud.shell(f'--version; {sys.executable} -c "{say}"')
    said = everything_said(loud)
    assert {each.partition(" in ")[0] for each in find_secrets({"text": ["s3cret"]}, said)} == {
        "text"
    }
    assert find_secrets({"text": ["other"]}, said) == set()


def test_a_command_in_a_fork_is_heard_as_a_process_of_its_own_is(loud: Installation) -> None:
    def loggers(act: Callable[[], object]) -> Counter[str]:
        before = everything_said(loud).keys()
        act()
        said = everything_said(loud)
        heard = "\n".join(said[place] for place in said.keys() - before)
        return Counter(re.findall(r"(?m)^DEBUG \S+", heard))

    forked = loggers(lambda: loud.run("connections", "list"))

    assert forked["DEBUG sqlalchemy.engine.Engine"]
    assert forked == loggers(lambda: loud.shell("connections list"))


@pytest.mark.parametrize(
    "written", ['a/b&c"d', "a%2Fb%26c%22d", "a%252Fb%2526c%2522d", 'a/b&c\\"d', "a/b&amp;c&quot;d"]
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    found = find_secrets({"password": ['a/b&c"d']}, {"log": f"it is {written}, they say"})
    assert found == {"password in log"}
