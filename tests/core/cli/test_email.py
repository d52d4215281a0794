"""``offhook email``: the text shown and edited, the mail seen before it is sent, and tried."""

import pytest

from offhook.errors import InvalidInput
from offhook.provisioning import connections


def test_the_text_is_shown_edited_and_goes_back_to_the_default(offhook, tmp_path):
    body = tmp_path / "body.txt"
    body.write_text("Dear [####firstname####], [####link####]", encoding="utf-8")

    assert "(default)" in offhook.run("email", "show")
    assert "[####link####]" in offhook.run("email", "show", "--default")
    edited = offhook.run(
        "email", "edit", "--subject", "Hi", "--body-file", str(body), "playstore=none"
    )
    assert "qrcode" in edited
    shown = offhook.json("email", "show")
    assert (shown["subject"], shown["body"]) == ("Hi", "Dear [####firstname####], [####link####]")
    assert shown["stores"] == {"playstore": ""}
    assert len(shown["warnings"]) == 2
    offhook.run("email", "load-default")
    assert offhook.json("email", "show")["body"] == ""


def test_an_unknown_placeholder_is_refused(offhook):
    with pytest.raises(InvalidInput, match="nickname"):
        offhook.run("email", "edit", "--subject", "Hi [####nickname####]")


def test_the_preview_is_the_real_mail_with_a_sample_token(offhook, tmp_path):
    page = tmp_path / "page.html"

    shown = offhook.run("email", "preview", "7328", "--html", str(page))
    found = offhook.json("email", "preview", "7328")

    assert "7328@example.org" in shown
    assert "https://phones.example.org/d/ABCDE-FGHJK-MNPQR-STVWX" in shown
    assert found["subject"] == "Your softphone: Ana Ruiz (7328)"
    assert 'src="data:image/png;base64,' in page.read_text()
    assert offhook.json("campaigns", "list") == []


@pytest.mark.lab
def test_a_test_mail_goes_out_at_once(offhook, start_sink, pki):
    sink = start_sink(username="offhook", password="s3cret")
    options = {
        "port": str(sink.port),
        "username": "offhook",
        "password": "s3cret",
        "ca_file": str(pki.root),
    }
    app = offhook.app
    connections.change(app.store, app.plugins, "mail", options, actor="", now=app.now())

    shown = offhook.run("email", "test", "me@example.org")

    [mail] = sink.messages(1)
    assert "Sent to me@example.org" in shown
    assert mail["Subject"] == "[Test] Your softphone: Ana Ruiz (2001)"


def test_a_test_mail_needs_an_address(offhook):
    with pytest.raises(InvalidInput, match="one e-mail address"):
        offhook.run("email", "test", "nobody")
