"""The mail transport hands each message over exactly once, and says truly what became of it."""

import email
import email.policy
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from typing import Any, ClassVar

import pytest
from attrs import evolve

import offhook_email_smtp
from offhook.api import (
    Connection,
    Handover,
    InvalidInput,
    Message,
    Receipt,
    Refused,
    Secret,
    Unreachable,
    describe,
)
from offhook.testing import PluginContract, sample_connection, sample_message
from offhook_email_smtp import Options
from tests.plugins.scripted_smtp import HANG_UP, SILENCE, ScriptedServer, scripted


def options(server: ScriptedServer, **others: Any) -> Options:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 2}
    return Options(**{**given, "sender": "Phones <phones@example.org>", **others})


def mails(count: int = 1) -> list[Message]:
    return [sample_message(f"m-{n}", to=f"user{n}@example.org") for n in range(1, count + 1)]


def send(server: ScriptedServer, *messages: Message, **others: Any) -> list[Handover | Receipt]:
    return list(sending(server, *messages, **others))


def sending(
    server: ScriptedServer, *messages: Message, **others: Any
) -> Iterator[Handover | Receipt]:
    connection: Connection[Options] = sample_connection("email_smtp", options(server, **others))
    return offhook_email_smtp.send(connection, messages)


def outcomes(steps: list[Handover | Receipt]) -> list[str]:
    """Return what happened to whom, `wire` for a handover."""
    return [
        f"{step.key} {'wire' if isinstance(step, Handover) else step.outcome}" for step in steps
    ]


class TestContract(PluginContract):
    plugin = offhook_email_smtp
    options: ClassVar[Options] = Options(
        host="mail.example.org",
        sender="phones@example.org",
        username="phones",
        password=Secret("pw"),
    )


def test_a_chunk_goes_over_one_connection() -> None:
    with scripted() as server:
        steps = send(server, *mails(3))
        server.wait_for_end()
    assert outcomes(steps) == [
        "m-1 wire",
        "m-1 sent",
        "m-2 wire",
        "m-2 sent",
        "m-3 wire",
        "m-3 sent",
    ]
    assert server.connections == 1
    assert [line for line in server.heard if line.startswith(("MAIL", "RCPT"))] == [
        "MAIL FROM:<phones@example.org>",
        "RCPT TO:<user1@example.org>",
        "MAIL FROM:<phones@example.org>",
        "RCPT TO:<user2@example.org>",
        "MAIL FROM:<phones@example.org>",
        "RCPT TO:<user3@example.org>",
    ]
    assert server.heard[-1] == "QUIT"
    assert [email.message_from_bytes(body)["To"] for body in server.bodies] == [
        "user1@example.org",
        "user2@example.org",
        "user3@example.org",
    ]


def test_no_message_needs_no_connection() -> None:
    with scripted() as server:
        assert send(server) == []
    assert server.connections == 0


def test_the_handover_lies_between_the_go_ahead_and_the_first_byte_of_the_mail() -> None:
    with scripted() as server:
        steps = sending(server, *mails())
        assert next(steps) == Handover("m-1")
        assert server.heard[-1] == "DATA"
        time.sleep(0.2)
        assert server.received == b""

        assert next(steps) == Receipt(
            "m-1", "sent", f"127.0.0.1:{server.port} answered: 250 2.0.0 taken"
        )
        assert server.received.endswith(b"\r\n.\r\n")
        assert list(steps) == []


def test_closing_after_a_handover_sends_no_mail() -> None:
    with scripted() as server:
        with closing(sending(server, *mails(2))) as steps:  # type: ignore[type-var]
            assert next(steps) == Handover("m-1")
        server.wait_for_end()
    assert (server.received, server.bodies) == (b"", [])


def test_closing_after_a_receipt_sends_no_further_mail() -> None:
    with scripted() as server:
        with closing(sending(server, *mails(2))) as steps:  # type: ignore[type-var]
            next(steps)
            next(steps)
        server.wait_for_end()
    assert len(server.bodies) == 1
    assert server.heard[-1] == "DATA"


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_temporary_refusal_means_later(verb: str) -> None:
    with scripted(**{verb: ["451 4.3.0 try again"]}) as server:
        first, *rest = send(server, *mails(2))
    assert first == Receipt(
        "m-1", "later", f"127.0.0.1:{server.port} answered: 451 4.3.0 try again"
    )
    assert outcomes(rest) == ["m-2 wire", "m-2 sent"]
    assert (server.connections, server.heard.count("RSET")) == (1, 1)


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_final_refusal_means_failed_in_the_servers_words(verb: str) -> None:
    with scripted(**{verb: ["550-5.1.1 no such\r\n550 5.1.1 user"]}) as server:
        first, *rest = send(server, *mails(2))
    assert first == Receipt(
        "m-1", "failed", f"127.0.0.1:{server.port} answered: 550 5.1.1 no such 5.1.1 user"
    )
    assert outcomes(rest) == ["m-2 wire", "m-2 sent"]


@pytest.mark.parametrize(("reply", "outcome"), [("452 full", "later"), ("554 spam", "failed")])
def test_a_refusal_after_the_mail_is_no_uncertainty(reply: str, outcome: str) -> None:
    with scripted(BODY=[reply]) as server:
        steps = send(server, *mails(2))
    assert outcomes(steps) == ["m-1 wire", f"m-1 {outcome}", "m-2 wire", "m-2 sent"]
    assert server.connections == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_server_that_refuses_the_sender_ends_the_chunk_and_fails_nobody(verb: str) -> None:
    with scripted(**{verb: ["530 5.7.0 log in first"]}) as server:
        steps = sending(server, *mails(2))
        with pytest.raises(Refused, match=r"takes no mail from .*: 530") as caught:
            next(steps)
    assert "username" in caught.value.hint


@pytest.mark.parametrize("ending", [HANG_UP, SILENCE, "hello", "354 more?"])
def test_no_clear_answer_after_the_mail_means_uncertain(
    ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offhook_email_smtp.client._VERDICT_PATIENCE", 0.3)
    with scripted(BODY=[ending]) as server:
        steps = send(server, *mails(2), timeout=0.3)
    assert outcomes(steps) == ["m-1 wire", "m-1 uncertain", "m-2 wire", "m-2 sent"]
    assert "may have arrived" in steps[1].detail  # type: ignore[union-attr]
    assert server.connections == 2


def test_a_connection_lost_before_the_handover_is_opened_again() -> None:
    with scripted(MAIL=["250 ok", HANG_UP]) as server:
        steps = send(server, *mails(3))
    assert outcomes(steps) == [
        "m-1 wire",
        "m-1 sent",
        "m-2 wire",
        "m-2 sent",
        "m-3 wire",
        "m-3 sent",
    ]
    assert server.connections == 2


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_always_hangs_up_is_unreachable(verb: str) -> None:
    with scripted(**{verb: [HANG_UP] * 9}) as server:
        steps = sending(server, *mails(3))
        with pytest.raises(Unreachable, match="closed the connection twice; 3 mails are left"):
            next(steps)
    assert server.connections == 2


def test_a_server_that_never_answers_a_mail_leaves_two_uncertain_and_the_rest_alone() -> None:
    with scripted(BODY=[HANG_UP] * 9) as server:
        steps = sending(server, *mails(9))
        seen = [next(steps) for _ in range(4)]
        with pytest.raises(Unreachable, match="7 mails are left"):
            next(steps)
    assert outcomes(seen) == ["m-1 wire", "m-1 uncertain", "m-2 wire", "m-2 uncertain"]


def test_a_server_that_takes_few_mails_per_connection_gets_many_connections() -> None:
    script = ["250 ok", "250 ok", "421 4.7.0 enough", "250 ok", "250 ok", "421 4.7.0 enough"]
    with scripted(MAIL=script) as server:
        steps = send(server, *mails(6))
    assert [step.outcome for step in steps if isinstance(step, Receipt)] == [
        "sent",
        "sent",
        "later",
        "sent",
        "sent",
        "later",
    ]
    assert server.connections == 2


def test_the_rest_waits_when_the_server_cannot_be_reached_again() -> None:
    with scripted(GREETING=["220 hi", "554 go away"], BODY=["250 ok", HANG_UP]) as server:
        steps = sending(server, *mails(3))
        seen = [next(steps) for _ in range(4)]
        with pytest.raises(Refused, match="turns us away: 554 go away"):
            next(steps)
    assert outcomes(seen)[-1] == "m-2 uncertain"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "a@example.org\r\nBcc: all@example.org"),
        ("to", "a@example.org, b@example.org"),
        ("to", "Ana <a@example.org> <b@example.org>"),
        ("to", "nobody"),
        ("to", "a@xn--.example.org\u2028"),
        ("to", "a@bü cher.example"),
        ("to", f"{'a' * 250}@example.org"),
        ("subject", "hello\nBcc: all@example.org"),
        ("subject", "hello\x00"),
        ("message_id", "<a@b>\r\nBcc: all@example.org"),
        ("message_id", "none"),
        ("text", "half \ud800"),
        ("html", "half \udfff"),
    ],
)
def test_a_message_that_cannot_be_sent_fails_alone_and_names_the_field(
    field: str, value: str
) -> None:
    first, second = mails(2)
    changed: dict[str, Any] = {field: value}
    with scripted() as server:
        steps = send(server, evolve(first, **changed), second)
    assert outcomes(steps) == ["m-1 failed", "m-2 wire", "m-2 sent"]
    assert steps[0].detail.startswith(field)  # type: ignore[union-attr]
    assert b"Bcc" not in server.received


@pytest.mark.parametrize("field", ["sender", "reply_to"])
def test_a_sender_that_cannot_be_written_is_refused_by_name(field: str) -> None:
    with scripted() as server, pytest.raises(InvalidInput, match=f"{field}.*line break"):
        send(server, *mails(), **{field: "a@example.org\r\nBcc: all@example.org"})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("host", ""),
        ("host", "https://mail"),
        ("port", "70000"),
        ("security", "ssl"),
        ("sender", ""),
        ("sender", "a@b@c"),
        ("sender", "jürgen@example.org"),
        ("reply_to", "x"),
        ("timeout", "0"),
        ("username", "a\0b"),
        ("helo", "my host"),
    ],
)
def test_an_option_that_cannot_work_is_refused_when_it_is_entered(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        describe(Options)[field].parse(text)


def test_empty_options_mean_what_their_help_says() -> None:
    for security, port in (("starttls", 587), ("tls", 465), ("none", 25)):
        assert Options(host="m", sender="a@b.example", security=security).actual_port == port


def test_an_international_domain_is_written_in_ascii_by_todays_rules() -> None:
    with scripted() as server:
        send(server, evolve(mails()[0], to="ana@Straße.example"))
    assert "RCPT TO:<ana@xn--strae-oqa.example>" in server.heard


def test_an_international_address_goes_to_a_server_that_can_take_it() -> None:
    with scripted() as server:
        (_, receipt) = send(server, evolve(mails()[0], to="Ana <jürgen@bücher.example>"))
    assert receipt.outcome == "sent"  # type: ignore[union-attr]
    assert "MAIL FROM:<phones@example.org> BODY=8BITMIME SMTPUTF8" in server.heard
    assert "RCPT TO:<jürgen@xn--bcher-kva.example>" in server.heard
    mail = email.message_from_bytes(server.bodies[0], policy=email.policy.SMTPUTF8)
    assert mail["To"] == "Ana <jürgen@xn--bcher-kva.example>"


def test_an_international_address_fails_with_the_reason_where_the_server_cannot() -> None:
    with scripted(EHLO=["250 localhost"]) as server:
        steps = send(server, evolve(mails()[0], to="jürgen@example.org"), *mails())
    assert outcomes(steps) == ["m-1 failed", "m-1 wire", "m-1 sent"]
    assert "SMTPUTF8" in steps[0].detail  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("helo", "greeting"), [("", "[127.0.0.1]"), ("pbx.example", "pbx.example")]
)
def test_it_greets_with_its_address_or_the_name_given(helo: str, greeting: str) -> None:
    with scripted() as server:
        send(server, *mails(), helo=helo)
    assert server.heard[0].lower() == f"ehlo {greeting}"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_login_may_hold_any_letter(mechanism: str) -> None:
    login = {"username": "jürgen", "password": Secret("pä ss;Ж")}
    offer = [f"250-localhost\r\n250 AUTH {mechanism}"]
    replies = ["334 VXNlcm5hbWU6"] if mechanism == "LOGIN" else ["235 welcome"]
    name, password = (b64encode(text.encode()).decode() for text in ("jürgen", "pä ss;Ж"))
    asked = {name.upper(): ["334 UGFzc3dvcmQ6"], password.upper(): ["235 welcome"]}
    with scripted(EHLO=offer, AUTH=replies, **asked) as server:
        steps = send(server, *mails(), **login)
    assert outcomes(steps) == ["m-1 wire", "m-1 sent"]
    both = b64encode("\0jürgen\0pä ss;Ж".encode()).decode()
    expected = [f"AUTH PLAIN {both}"] if mechanism == "PLAIN" else ["AUTH LOGIN", name, password]
    assert server.heard[1 : 1 + len(expected)] == expected
