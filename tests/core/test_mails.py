"""What goes in comes out of the mail unchanged, and no text can add a header or a recipient."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from offhook.api import InlineImage, InvalidInput, read_mailbox
from offhook.mails.mime import write
from offhook.testing import sample_message

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SENDER = read_mailbox("Telefonie Müller <phones@example.org>")
IMAGE = InlineImage(name="qr@offhook", content_type="image/png", data=bytes(range(256)) * 5)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]
anything = st.text(st.characters(exclude_categories=["Cs"]))
one_line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300)


def content(**fields: Any) -> bytes:
    message = evolve(sample_message(to="ana@example.org"), **fields)
    return write(message, SENDER, None, now=NOW).content


def mail(**fields: Any) -> EmailMessage:
    return email.message_from_bytes(content(**fields), policy=email.policy.default)


def lines(text: str) -> str:
    """Return *text* as it must arrive: line ends of mails, the last line ended."""
    ended = text if text.endswith(("\r", "\n")) else f"{text}\n"
    return ended.replace("\r\n", "\n").replace("\r", "\n")


def test_a_mail_is_text_or_html_with_its_picture() -> None:
    built = mail(html='<img src="cid:qr@offhook">', images=(IMAGE,))
    kinds = [part.get_content_type() for part in built.walk()]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert [part.defects for part in built.walk() if part.defects] == []
    picture = list(built.walk())[-1]
    assert picture["Content-ID"] == "<qr@offhook>"
    assert picture.get_content() == IMAGE.data
    assert picture.get_content_disposition() == "inline"


def test_the_head_says_who_when_and_that_nobody_need_answer() -> None:
    message = sample_message("d-7", to="Ana Ruiz <ana@example.org>")
    answers = read_mailbox("help@example.org")
    raw = write(message, SENDER, answers, now=NOW).content
    built = email.message_from_bytes(raw, policy=email.policy.default)
    assert built["From"] == "Telefonie Müller <phones@example.org>"
    assert built["To"] == "Ana Ruiz <ana@example.org>"
    assert built["Reply-To"] == "help@example.org"
    assert built["Message-ID"] == "<d-7@phones.example.org>"
    assert built["Date"].datetime == NOW
    assert built["Auto-Submitted"] == "auto-generated"


def test_the_same_message_gives_the_same_bytes() -> None:
    assert content(images=(IMAGE,)) == content(images=(IMAGE,))


@given(anything)
@example("")
@example("\n")
@example("x" * 5000)
@example("ж" * 5000)
@example(".\r\n..\r\n.\n")
@example("--=_alternative--\r\n--=_related\r\n")
@example("From here\nspace at the end \n\ttab\t\n")
@example("\r\r\n\n\r")
@example("a\x0b\x0c\x1c\x85\u2028b\x00")
def test_texts_arrive_as_they_were(text: str) -> None:
    built = mail(text=text, html=text, images=(IMAGE,))
    for kind in ("plain", "html"):
        part = built.get_body((kind,))
        assert part is not None
        assert lines(part.get_content()) == lines(text)


@given(one_line)
@example("Grüße, Зоя 👩🏽‍💻 " * 12)
@example("=?utf-8?q?=41?=")
@example("  spaces  around  ")
@example("x" * 900)
def test_subjects_arrive_as_they_were(subject: str) -> None:
    assert mail(subject=subject)["Subject"] == subject


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        ("Your softphone: Ana Ruiz (2001)", "Your softphone: Ana Ruiz (2001)"),
        ("x" * 67, "x" * 67),
        ("word " * 13 + "word word", "word " * 12 + "word\r\n word word"),
        (
            "Your softphone: Zoë Müller (2001)",
            "=?utf-8?b?WW91ciBzb2Z0cGhvbmU6IFpvw6sgTcO8bGxlciAoMjAwMSk=?=",
        ),
    ],
)
def test_a_subject_is_folded_and_encoded_only_where_it_must_be(subject: str, head: str) -> None:
    assert f"\r\nSubject: {head}\r\nDate:".encode() in content(subject=subject)


@pytest.mark.parametrize(
    ("sender", "head"),
    [
        ("ana@example.org", "ana@example.org"),
        ("offhook demo <demo@example.org>", "offhook demo <demo@example.org>"),
        ("Phones (IT), Dr. No <a@b.example>", '"Phones (IT), Dr. No" <a@b.example>'),
        ("Zoë <a@b.example>", "=?utf-8?b?Wm/Dqw==?= <a@b.example>"),
        ("word " * 13 + "<a@b.example>", "word " * 12 + "word\r\n <a@b.example>"),
    ],
)
def test_a_sender_is_folded_and_encoded_only_where_it_must_be(sender: str, head: str) -> None:
    message = sample_message(to="ana@example.org")
    written = write(message, read_mailbox(sender), None, now=NOW).content
    assert written.startswith(f"From: {head}\r\nTo:".encode())


@given(one_line.filter(lambda name: name.strip() and not set(name) & set('<>"')))
@example("Dr. O'Neill, Zoë (IT)")
@example("=?utf-8?q?=41?=")
def test_names_arrive_as_they_were(name: str) -> None:
    raw = email.message_from_bytes(content(to=f"{name} <ana@example.org>"))["To"]
    written, address = parseaddr(raw)
    # The newer parser leaves spaces between the encoded words of a name.
    assert str(make_header(decode_header(written))).split() == name.split()
    assert address == "ana@example.org"


@given(anything, one_line)
@example("x" * 999, "𐀀" * 99)
def test_every_line_fits_into_a_mail(text: str, subject: str) -> None:
    raw = content(text=text, html=text, subject=subject, images=(IMAGE,))
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 76


hostile = st.lists(
    st.sampled_from([*'\r\n\x0b\x85\u2028\0 <>:,;("é', "Bcc: x@y.example", "ana@example.org"]),
    max_size=8,
).map("".join)


@given(to=hostile, subject=hostile, message_id=hostile)
@example(to="ana@example.org", subject="=?utf-8?q?=0D=0ABcc:?=", message_id="<Bcc:@x>")
def test_no_text_adds_a_header(to: str, subject: str, message_id: str) -> None:
    for fields in ({"to": to}, {"subject": subject}, {"message_id": message_id}):
        try:
            raw = content(**fields)
        except InvalidInput:
            continue
        head = raw.partition(b"\r\n\r\n")[0].decode()
        names = [line.partition(":")[0] for line in head.split("\r\n") if line[0] not in " \t"]
        assert names == HEADERS
        assert "\n" not in head.replace("\r\n", "")
        assert len(mail(**fields)["To"].addresses) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a b", "image/png"), ("a>\r\nX: y", "image/png"), ("a", "text/html"), ("", "")],
)
def test_a_picture_is_refused_when_its_name_or_type_cannot_be_written(name: str, kind: str) -> None:
    with pytest.raises(InvalidInput, match="images"):
        content(images=(InlineImage(name=name, content_type=kind, data=b""),))


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        content(to="x", subject="\n", message_id="", text="\ud800")
    assert [problem.field for problem in caught.value.problems] == [
        "to",
        "subject",
        "message_id",
        "text",
    ]


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("ana@example.org", "", "ana@example.org"),
        (" ana@example.org ", "", "ana@example.org"),
        ("Ana <ana@example.org>", "Ana", "ana@example.org"),
        ('"Ruiz, Ana" <o\'neil+x@example.org>', "Ruiz, Ana", "o'neil+x@example.org"),
        ("a@Bücher.example", "", "a@xn--bcher-kva.example"),
        ("a@faß.example", "", "a@xn--fa-hia.example"),
    ],
)
def test_mailboxes_are_read(text: str, name: str, address: str) -> None:
    assert (read_mailbox(text).name, read_mailbox(text).address) == (name, address)
