"""A real mail server takes what the plugin sends, and delivers what was written."""

import pytest
from attrs import evolve

import offhook_email_smtp
from offhook.api import Handover, InlineImage, Message, Receipt, Secret
from offhook.testing import sample_connection, sample_message
from offhook_email_smtp import Options
from tests.lab.exim import Exim
from tests.lab.pki import Pki

pytestmark = pytest.mark.lab

NAMES = ["Jürgen Müßig", "Юлия Щёлокова", "Zoë 👩🏽‍💻", "O'Neill, Sean (IT)", "x" * 60]
PICTURE = InlineImage(name="qr", content_type="image/png", data=b"\x89PNG\r\n\x1a\n" * 300)


def messages(names: list[str]) -> list[Message]:
    return [
        evolve(
            sample_message(f"d-{number}", to=f"user{number}@example.test"),
            subject=f"Softphone: {name}",
            text=f"Hello {name},\n.\n..dots\nFrom here\n" + "long " * 400,
            html=f'<p>{name}</p><img src="cid:qr">',
            images=(PICTURE,),
        )
        for number, name in enumerate(names)
    ]


def send(exim: Exim, pki: Pki, sent: list[Message]) -> list[Handover | Receipt]:
    options = Options(
        host=exim.host,
        port=exim.port,
        username=exim.username,
        password=Secret(exim.password),
        sender="Telefonie Müller <phones@example.test>",
        ca_file=str(pki.root),
    )
    return list(offhook_email_smtp.send(sample_connection("email_smtp", options), sent))


def test_exim_delivers_a_chunk_word_for_word(exim: Exim, pki: Pki) -> None:
    sent = messages(NAMES * 4)
    steps = send(exim, pki, sent)

    assert [step.outcome for step in steps if isinstance(step, Receipt)] == ["sent"] * len(sent)
    assert len(steps) == 2 * len(sent)
    arrived = {mail["Message-ID"]: mail for mail in exim.messages(len(sent))}
    for message in sent:
        mail = arrived[message.message_id]
        assert mail["Subject"] == message.subject
        assert mail["Envelope-To"] == mail["To"] == message.to
        assert mail["Return-Path"] == "<phones@example.test>"
        assert mail["From"].addresses[0].display_name == "Telefonie Müller"
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None
        assert html is not None
        assert text.get_content() == f"{message.text}\n"
        assert html.get_content() == f"{message.html}\n"
        (picture,) = [part for part in mail.walk() if part["Content-ID"] == "<qr>"]
        assert picture.get_content() == PICTURE.data


def test_exim_refuses_one_recipient_and_takes_the_others(exim: Exim, pki: Pki) -> None:
    first, second, third = messages(NAMES[:3])
    steps = send(exim, pki, [first, evolve(second, to="ana@elsewhere.test"), third])
    receipts = [step for step in steps if isinstance(step, Receipt)]
    assert [each.outcome for each in receipts] == ["sent", "failed", "sent"]
    assert "relay not permitted" in receipts[1].detail
    exim.messages(2)
