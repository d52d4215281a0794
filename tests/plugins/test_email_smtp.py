"""The mail transport hands each message over exactly once, and says truly what became of it."""

import email
import email.policy
import time
from contextlib import closing
from typing import ClassVar

import pytest

import offhook_email_smtp
from offhook.api import (
    Handover,
    Receipt,
    Refused,
    Secret,
    Unreachable,
)
from offhook.testing import PluginContract
from offhook_email_smtp import Options
from tests.plugins.scripted_smtp import HANG_UP, SILENCE, mails, outcomes, scripted, send, sending


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
