"""Addresses, logins and options: what can be used is used as it is, and what cannot is named."""

import email
import email.policy
from base64 import b64encode
from typing import Any

import pytest
from attrs import evolve

from offhook.api import (
    InvalidInput,
    Secret,
    describe,
)
from offhook_email_smtp import Options
from tests.plugins.scripted_smtp import mails, outcomes, scripted, send


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
