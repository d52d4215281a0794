"""The mail sink keeps what it took, and fails exactly as told."""

import smtplib
import ssl
import subprocess
import sys
import time

import pytest

from tests.lab.pki import Pki
from tests.lab.processes import LabError
from tests.lab.smtp_sink import Faults, Sink, StartSink, Tls

pytestmark = pytest.mark.lab

MAIL = b"Subject: hello\r\n\r\n..dots\r\n.\r\nend\r\n"


def connect(sink: Sink, pki: Pki, tls: Tls = "none") -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=str(pki.root))
    if tls == "implicit":
        return smtplib.SMTP_SSL("localhost", sink.port, timeout=5, context=context)
    client = smtplib.SMTP("localhost", sink.port, timeout=5)
    if tls == "starttls":
        client.starttls(context=context)
    return client


def send(client: smtplib.SMTP, recipient: str) -> None:
    client.sendmail("offhook@example.test", [recipient], MAIL)


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_mail_arrives_whole(start_sink: StartSink, pki: Pki, tls: Tls) -> None:
    sink = start_sink(tls=tls, username="ota", password="p & w")
    with connect(sink, pki, tls) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            send(client, "a@example.test")
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("ota", "wrong")
        client.login("ota", "p & w")
        send(client, "a@example.test")

    (mail,) = sink.messages(1)
    assert mail["envelope-to"] == "a@example.test"
    assert mail["return-path"] == "<offhook@example.test>"
    assert mail.get_content().splitlines() == ["..dots", ".", "end"]


def test_without_starttls_no_mail_is_taken(start_sink: StartSink, pki: Pki) -> None:
    with connect(start_sink(), pki) as client, pytest.raises(smtplib.SMTPSenderRefused):
        send(client, "a@example.test")


def test_a_bad_certificate_is_shown_on_demand(start_sink: StartSink, pki: Pki) -> None:
    sink = start_sink(tls="implicit", certificate=pki.expired)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        connect(sink, pki, "implicit")


def test_recipients_are_refused_for_now_or_for_good(start_sink: StartSink, pki: Pki) -> None:
    faults = Faults(temporary={"busy@example.test": 1}, permanent={"gone@example.test": -1})
    sink = start_sink(tls="none", faults=faults)
    with connect(sink, pki) as client:
        for recipient, code in [("busy", 451), ("gone", 550), ("gone", 550)]:
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
                send(client, f"{recipient}@example.test")
            assert refusal.value.recipients[f"{recipient}@example.test"][0] == code
        send(client, "busy@example.test")

    assert sink.recipients() == {"busy@example.test": 1}
    assert sink.events("permanent") == ["gone@example.test"] * 2


def test_it_hangs_up_after_the_body(start_sink: StartSink, pki: Pki) -> None:
    faults = Faults(drop_unstored={"lost@example.test": 1}, drop_stored={"kept@example.test": 1})
    sink = start_sink(tls="none", faults=faults)
    for recipient in ("lost@example.test", "kept@example.test"):
        client = connect(sink, pki)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(client, recipient)

    assert sink.recipients() == {"kept@example.test": 1}


def test_it_is_busy_or_slow_or_takes_a_few(start_sink: StartSink, pki: Pki) -> None:
    sink = start_sink(tls="none", faults=Faults(greeting="421 too busy"))
    with pytest.raises(smtplib.SMTPConnectError):
        connect(sink, pki)
    sink.stop()
    sink.start(Faults(seconds_per_mail=0.2, mails_per_connection=1))
    client, began = connect(sink, pki), time.monotonic()
    send(client, "a@example.test")
    assert time.monotonic() - began > 0.2
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(client, "b@example.test")
    client.close()
    assert len(sink.events("connected")) == 2


def test_a_killed_client_leaves_no_half_mail(start_sink: StartSink, pki: Pki) -> None:
    sink = start_sink(tls="none")
    script = (
        "import smtplib, sys\n"
        "client = smtplib.SMTP('localhost', int(sys.argv[1]))\n"
        "while True: client.sendmail('a@example.test', ['b@example.test'], 'x' * 900000)\n"
    )
    client = subprocess.Popen([sys.executable, "-c", script, str(sink.port)])
    sink.wait_for(3)
    client.kill()
    client.wait(5)

    with connect(sink, pki) as another:
        send(another, "c@example.test")
    assert sink.recipients()["c@example.test"] == 1
    assert all(len(file.read_bytes()) > 900000 for file in sink._files()[:-1])


def test_more_mails_than_expected_are_an_error(start_sink: StartSink, pki: Pki) -> None:
    sink = start_sink(tls="none")
    with connect(sink, pki) as client:
        send(client, "a@example.test")
        send(client, "a@example.test")
    with pytest.raises(LabError, match="2 mails instead of 1"):
        sink.messages(1)
