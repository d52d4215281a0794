"""A picture that goes through a real mail server comes out as the text that went in."""

import io
import smtplib
import ssl
from email.message import EmailMessage

import pytest
import qrcode

from tests.lab.exim import Exim
from tests.lab.pki import Pki
from tests.lab.processes import LabError
from tests.lab.zbar import read_qr, read_qr_of

pytestmark = pytest.mark.lab

LINK = "https://deploy.example.test/d/7K3QZ-9XWVB-1A2B3-C4D5E"


def picture(text: str) -> bytes:
    with io.BytesIO() as file:
        qrcode.make(text).save(file)
        return file.getvalue()


def connect(exim: Exim, pki: Pki) -> smtplib.SMTP:
    client = smtplib.SMTP(exim.host, exim.port, timeout=10)
    client.starttls(context=ssl.create_default_context(cafile=str(pki.root)))
    return client


def test_exim_delivers_and_zbar_reads(exim: Exim, pki: Pki) -> None:
    message = EmailMessage()
    message["Subject"], message["To"] = "Ваш телефон", "Jürgen <juergen@example.test>"
    message.set_content("Scan me.")
    message.add_attachment(picture(LINK), maintype="image", subtype="png")

    with connect(exim, pki) as client:
        client.login(exim.username, exim.password)
        for number in range(12):
            client.send_message(message, "offhook@example.test", f"user{number}@example.test")
    arrived = exim.messages(12)

    assert len({mail["envelope-to"] for mail in arrived}) == 12
    assert arrived[0]["subject"] == "Ваш телефон"
    assert read_qr_of(arrived[0]) == LINK


def test_exim_wants_tls_a_login_and_no_strangers(exim: Exim, pki: Pki) -> None:
    with smtplib.SMTP(exim.host, exim.port, timeout=10) as client:
        client.ehlo()
        assert client.docmd("MAIL FROM:<a@example.test>")[1] == b"5.7.0 STARTTLS required"
    with connect(exim, pki) as client:
        client.ehlo()
        assert client.docmd("MAIL FROM:<a@example.test>")[1] == b"5.7.0 Authentication required"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(exim.username, "wrong")
        client.login(exim.username, exim.password)
        client.docmd("MAIL FROM:<a@example.test>")
        assert client.docmd("RCPT TO:<a@elsewhere.test>")[0] == 550


def test_a_picture_without_a_code_is_an_error() -> None:
    with pytest.raises(LabError, match="reads no QR code"):
        read_qr(b"not a picture")
