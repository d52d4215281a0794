"""Mails per second through the whole engine, beside a bare smtplib loop in the same run."""

import argparse
import os
import smtplib
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve

sys.path.insert(0, str(Path(__file__).parents[1]))

from offhook.api import read_mailbox
from offhook.app import App
from offhook.mails import mime
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import Selection, User
from offhook.provisioning import campaigns, connections, invitations, profiles, tokens
from tests.lab.pki import Pki, make_pki
from tests.lab.smtp_sink import Sink

USERNAME, PASSWORD = "offhook", "s3cret"
URL = "https://phones.example.org"
SENDER = read_mailbox("offhook@example.org")


def main() -> None:
    """Measure both in turn, and print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="starttls")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-mails-") as name:
        folder = Path(name)
        pki = make_pki(folder)
        sink = start_sink(folder / "sink", pki, chosen.tls)
        app = furnish(folder, pki, sink, chosen.tls, chosen.mails)
        worker = subprocess.Popen([sys.executable, "-m", "offhook", "worker"])
        try:
            measure(app, pki, sink, chosen)
        finally:
            worker.terminate()
            worker.wait(30)
            sink.stop()


def measure(app: App, pki: Pki, sink: Sink, chosen: argparse.Namespace) -> None:
    """Run every way in every round, after one that warms up."""
    ways: dict[str, Callable[[], None]] = {
        "smtplib, one connection": lambda: bare(app, pki, sink, chosen.tls, chosen.mails),
        "offhook": lambda: through_the_engine(app),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(chosen.rounds + 1):
        for name, way in ways.items():
            before, started = sink.count(), time.perf_counter()
            way()
            seconds = time.perf_counter() - started
            assert sink.count() == before + chosen.mails, "a mail is missing"
            if number:
                rates[name].append(chosen.mails / seconds)
    floor = statistics.median(rates["smtplib, one connection"])
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"{name:25} {rate:7.0f} mails/s  {rate / floor:5.2f}")


def bare(app: App, pki: Pki, sink: Sink, tls: str, mails: int) -> None:
    """Write and send the same mails over one connection, without any journal."""
    now = datetime.now(UTC)
    client = app.plugins.formats["offhook"]
    texts = invitations.Texts(stores={})
    context = ssl.create_default_context(cafile=str(pki.root))
    if tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(sink.host, sink.port, context=context)
    else:
        smtp = smtplib.SMTP(sink.host, sink.port)
    with smtp:
        if tls == "starttls":
            smtp.starttls(context=context)
        smtp.login(USERNAME, PASSWORD)
        for number in range(mails):
            user = make_user(number, now)
            new = tokens.issue(user.id, Settings(), campaign_id="", now=now)
            message_id = invitations.message_id_of(new.deployment.id, URL)
            deployment = evolve(new.deployment, recipient=user.email, message_id=message_id)
            message = invitations.write(user, deployment, new.token, texts, client, URL)
            mail = mime.write(message, SENDER, None, now=now)
            smtp.sendmail(SENDER.address, [user.email], mail.content)


def through_the_engine(app: App) -> None:
    """Deploy everybody, and wait for the last receipt to be in the store."""
    campaign = app.deploy(Selection())
    while not campaigns.progress(app.store, campaign.id).finished:
        time.sleep(0.1)


def furnish(folder: Path, pki: Pki, sink: Sink, tls: str, mails: int) -> App:
    """Make an installation with users, and the mail server as its transport."""
    os.environ["OFFHOOK_HOME"] = str(folder / "home")
    App.initialize({"public_url": URL})
    app = App.load()
    now = app.now()
    options = {
        "host": sink.host,
        "port": str(sink.port),
        "security": "tls" if tls == "implicit" else tls,
        "username": USERNAME,
        "password": PASSWORD,
        "ca_file": str(pki.root),
        "sender": SENDER.address,
    }
    connections.add(app.store, app.plugins, "mail", "email_smtp", options, actor="", now=now)
    texts = {"pbx_host": "pbx.example.org", "client_format": "offhook"}
    profiles.edit(app.store, app.plugins, profiles.DEFAULT, texts, actor="", now=now)
    with app.store.write() as tx:
        profile = profiles.get(tx, profiles.DEFAULT)
        for number in range(mails):
            tx.users.add(make_user(number, now), profile.id)
    return app


def make_user(number: int, now: datetime) -> User:
    """Return a user who can be deployed."""
    return User(
        id=f"u-{number:06}",
        profile=profiles.DEFAULT,
        first_name="Ana",
        last_name=f"Ruiz {number}",
        number=str(number),
        email=f"u{number}@example.org",
        pbx_username=str(number),
        pbx_password=Secret("secret"),
        created_at=now,
    )


def start_sink(folder: Path, pki: Pki, tls: str) -> Sink:
    """Start a mail server that takes everything."""
    folder.mkdir()
    settings = {"tls": tls, "username": USERNAME, "password": PASSWORD}
    shown = pki.leaf
    sink = Sink(folder, {**settings, "chain": str(shown.chain), "key": str(shown.key)})
    sink.start()
    return sink


if __name__ == "__main__":
    main()
