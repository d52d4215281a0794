"""Mails are handed to the mail server: each once, its verdict told, and nothing of it is kept."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from offhook.errors import Unreachable
from offhook.model.secrets import Secret
from offhook_redirector.mails import KEPT
from tests.lab.smtp_sink import Faults
from tests.plugins.scripted_smtp import HANG_UP, scripted
from tests.redirect.conftest import Asker, Signer

ADA = "ada@example.org"
CONTENT = (
    b"From: Phones <phones@example.org>\r\nTo: ada@example.org\r\nSubject: Your phone\r\n"
    b"\r\nHello Ada\r\n.\r\nhttps://redirect.example.test/r/d/TOKEN\r\n"
)


def mail(key="m-1", recipient=ADA, content=CONTENT, sender="phones@example.org"):
    message = base64.b64encode(content).decode()
    return {"id": key, "sender": sender, "recipient": recipient, "message": message}


@pytest.fixture
def sink(start_sink):
    return start_sink(username="redirect", password="s3cret")


@pytest.fixture
def server(make_asker, sink, pki):
    return make_asker(**settings_for(sink, pki))


def settings_for(sink, pki):
    return {
        "smtp_host": sink.host,
        "smtp_port": sink.port,
        "smtp_user": "redirect",
        "smtp_password": Secret("s3cret"),
        "smtp_ca_file": str(pki.root),
    }


def test_a_mail_goes_out_as_it_came(server, sink):
    answer = server.post("/v1/mails", mail())

    assert answer.json()["status"] == "sent"
    assert answer.json()["reason"].startswith("the mail server answered: 250")
    (message,) = sink.messages(1)
    assert message["Return-Path"] == "<phones@example.org>"
    assert message["Envelope-To"] == ADA
    assert message["Subject"] == "Your phone"
    assert message.get_content().splitlines()[:2] == ["Hello Ada", "."]


def test_the_same_mail_is_handed_over_once(server, sink, clock):
    first = server.post("/v1/mails", mail()).json()
    again = server.post("/v1/mails", mail()).json()
    other = server.post("/v1/mails", mail("m-2")).json()

    assert [first["status"], again["status"], other["status"]] == ["sent"] * 3
    assert "before" in again["reason"]
    assert sink.count() == 2


def test_mails_that_follow_go_out_over_the_same_connection(server, sink):
    for number in range(5):
        assert server.post("/v1/mails", mail(f"m-{number}")).json()["status"] == "sent"

    assert len(sink.events("connected")) == 1


def test_a_connection_that_was_lost_while_it_waited_costs_nothing(server, sink):
    server.post("/v1/mails", mail("m-1"))
    sink.stop()
    sink.start()

    assert server.post("/v1/mails", mail("m-2")).json()["status"] == "sent"


def test_a_mail_server_may_end_each_connection_after_a_few_mails(server, sink):
    sink.stop()
    sink.start(Faults(mails_per_connection=2))

    answers = [server.post("/v1/mails", mail(f"m-{number}")).json() for number in range(5)]

    assert [each["status"] for each in answers] == ["sent"] * 5
    assert len(sink.events("connected")) == 3


def test_after_its_time_a_mail_is_forgotten(server, sink, clock, sqlite_store):
    server.post("/v1/mails", mail())

    sqlite_store.forget(now=clock() + KEPT - timedelta(minutes=1))
    server.post("/v1/mails", mail())
    assert sink.count() == 1

    sqlite_store.forget(now=clock() + KEPT + timedelta(minutes=1))
    server.post("/v1/mails", mail())
    assert sink.count() == 2


@pytest.mark.parametrize(("fault", "status"), [("temporary", "later"), ("permanent", "failed")])
def test_a_verdict_is_told_and_the_mail_may_be_tried_again(server, sink, fault, status):
    sink.stop()
    sink.start(Faults(**{fault: {ADA: 1}}))

    first = server.post("/v1/mails", mail()).json()
    again = server.post("/v1/mails", mail()).json()

    assert (first["status"], again["status"]) == (status, "sent")
    assert sink.count() == 1


def test_a_mail_whose_fate_nobody_knows_is_not_sent_twice(server, sink):
    sink.stop()
    sink.start(Faults(drop_stored={ADA: 1}))

    answers = [server.post("/v1/mails", mail()).json() for _ in range(2)]

    assert [each["status"] for each in answers] == ["uncertain", "uncertain"]
    assert sink.count() == 1


def test_a_mail_that_is_just_going_out_elsewhere_waits(server, sink, sqlite_store, clock):
    digest = claimed(server, sqlite_store, clock)

    assert server.post("/v1/mails", mail()).json()["status"] == "later"
    clock.ahead = timedelta(minutes=4)
    assert server.post("/v1/mails", mail()).json()["status"] == "uncertain", "whoever had it died"
    sqlite_store.settle_mail(digest, "sent")
    assert server.post("/v1/mails", mail()).json()["status"] == "sent"
    assert sink.count() == 0


def test_of_two_that_come_together_one_goes_out(make_asker, sqlite_store, clock, monkeypatch):
    with scripted() as smtp:
        server = make_asker(smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_security="none")
        look = sqlite_store.mail
        # The other one claims it after we looked, and before we had the go-ahead.
        monkeypatch.setattr(
            sqlite_store, "mail", lambda digest: look(digest) or claim(sqlite_store, digest, clock)
        )

        answer = server.post("/v1/mails", mail()).json()

        smtp.wait_for_end()
        assert answer["status"] == "later"
        assert smtp.bodies == []


def test_a_service_without_mail_server_says_so(make_asker):
    answer = make_asker().post("/v1/mails", mail())

    assert (answer.status_code, answer.json()["code"]) == (501, "no-mail")


@pytest.mark.parametrize(
    "faults",
    [{"greeting": "421 busy"}, {"greeting": "554 no"}, {"stopped": True}, {"password": "wrong"}],
    ids=lambda faults: next(iter(faults)),
)
def test_a_mail_server_that_lets_us_send_nothing_is_not_the_mails_fault(
    make_asker, sink, pki, faults
):
    settings = settings_for(sink, pki)
    sink.stop()
    if "password" in faults:
        settings["smtp_password"] = Secret("wrong")
        sink.start()
    elif "greeting" in faults:
        sink.start(Faults(**faults))
    server = make_asker(**settings)

    answer = server.post("/v1/mails", mail())

    assert (answer.status_code, answer.json()["code"]) == (503, "mail-unavailable")
    assert "redirect" not in answer.text, "its account is the operator's business"


def test_a_database_that_goes_away_meanwhile_is_not_the_mail_servers_fault(
    make_asker, sink, pki, sqlite_store, monkeypatch, clock
):
    server = make_asker(**settings_for(sink, pki))

    def away(*_: object) -> None:
        raise Unreachable("The database is away.")

    monkeypatch.setattr(sqlite_store, "settle_mail", away)
    answer = server.post("/v1/mails", mail())

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert server.post("/v1/mails", mail()).json()["status"] == "later", "it did go out"
    assert sink.count() == 1


@pytest.mark.parametrize(
    ("replies", "status"),
    [
        ({"MAIL": ["550 5.7.1 not you"]}, "failed"),
        ({"MAIL": ["451 4.3.0 later"]}, "later"),
        ({"MAIL": [HANG_UP]}, "sent"),
        ({"RCPT": [HANG_UP, HANG_UP]}, "later"),
        ({"RCPT": ["421 too many", "421 too many"]}, "later"),
        ({"DATA": ["554 5.5.1 no"]}, "failed"),
        ({"BODY": ["550 5.7.1 spam"]}, "failed"),
        ({"BODY": ["452 4.3.1 full"]}, "later"),
        ({"BODY": [HANG_UP]}, "uncertain"),
    ],
    ids=lambda each: str(each),
)
def test_each_answer_of_a_mail_server_has_its_meaning(make_asker, replies, status):
    with scripted(**replies) as smtp:
        server = make_asker(smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_security="none")

        assert server.post("/v1/mails", mail()).json()["status"] == status


@pytest.mark.parametrize(
    "content",
    [b"a\n.\nb", b"a\r.\rb", b"a\r\n.\r\nMAIL FROM:<x@y.example>\r\n", b"a\n.\r\nb", b"."],
)
def test_no_content_ends_a_mail_early(make_asker, content):
    with scripted() as smtp:
        server = make_asker(smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_security="none")

        assert server.post("/v1/mails", mail(content=content)).json()["status"] == "sent"

        (body,) = smtp.bodies
        assert body.splitlines() == content.splitlines()
        assert [line.split(" ")[0] for line in smtp.heard].count("MAIL") == 1


@pytest.mark.parametrize("field", ["sender", "recipient"])
@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example, c@d.example", "a b@c.d"],
)
def test_what_is_not_one_address_is_refused(server, sink, field, address):
    answer = server.post("/v1/mails", mail(**{field: address}))

    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad-address", "bad-request")
    assert sink.count() == 0


def test_a_mail_that_is_too_large_is_refused(server):
    answer = server.post("/v1/mails", mail(content=b"x" * 2_000_000))

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_two_servers_may_use_the_same_ids(server, sink, sqlite_store):
    other = Asker(server.client, Signer())
    sqlite_store.add_server("south", other.key, now=datetime.now(UTC))

    assert server.post("/v1/mails", mail()).json()["status"] == "sent"
    assert other.post("/v1/mails", mail()).json()["status"] == "sent"
    assert sink.count() == 2


def claimed(server, store, clock):
    """Claim the mail m-1 as another instance would, and return under which digest."""
    digest = hmac.digest(server.key.encode(), b"m-1", "sha256").hex()
    claim(store, digest, clock)
    return digest


def claim(store, digest, clock):
    """Claim a mail, and know nothing of it."""
    assert store.claim_mail(digest, keep=KEPT, now=clock())
