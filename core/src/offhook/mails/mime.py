"""
Writes a message as the bytes of a mail: text, HTML and the pictures in it.

By hand, because the standard library takes twenty times as long: its headers are parsed again
while they are written. Everything is ASCII but the address of a server that knows SMTPUTF8.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime

from attrs import frozen

from offhook.errors import InvalidInput, Problem
from offhook.mails.addresses import UNSENDABLE, Mailbox, read_mailbox
from offhook.mails.headers import fold, words_of
from offhook.model.deployments import InlineImage, Message

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_IMAGE_NAME = re.compile(r"[A-Za-z0-9._@-]{1,100}")
_IMAGE_TYPE = re.compile(r"image/[a-z0-9.+-]{1,60}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\r|\n")


@frozen
class Mail:
    """What goes over the wire: the recipient for the envelope, and the content."""

    recipient: Mailbox
    content: bytes


def write(message: Message, sender: Mailbox, reply_to: Mailbox | None, *, now: datetime) -> Mail:
    """Return *message* as a mail; raises `InvalidInput` with every field that cannot be sent."""
    problems = list(_problems(message))
    if problems:
        raise InvalidInput("The mail cannot be written:", problems)
    recipient = read_mailbox(message.to)
    head = [
        sender.header("From"),
        recipient.header("To"),
        *([reply_to.header("Reply-To")] if reply_to else []),
        fold("Subject", words_of(message.subject, "Subject")),
        f"Date: {format_datetime(now)}",
        f"Message-ID: {message.message_id}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
    ]
    body = _multipart("alternative", [_text("plain", message.text), _html(message)])
    return Mail(recipient, "".join(f"{line}\r\n" for line in head).encode() + body)


def _problems(message: Message) -> Iterator[Problem]:
    try:
        read_mailbox(message.to)
    except ValueError as error:
        yield Problem("to", message.to, str(error))
    if UNSENDABLE.search(message.subject):
        reason = "it holds a line break or another control character"
        yield Problem("subject", message.subject, reason)
    if not _MESSAGE_ID.fullmatch(message.message_id):
        yield Problem("message_id", message.message_id, "it must look like <name@host>")
    for field, text in (("text", message.text), ("html", message.html)):
        if _SURROGATE.search(text):
            yield Problem(field, "", "it holds half a character (a lone surrogate)")
    for image in message.images:
        if not (_IMAGE_NAME.fullmatch(image.name) and _IMAGE_TYPE.fullmatch(image.content_type)):
            shown = f"{image.name}, {image.content_type}"
            yield Problem("images", shown, "use a plain name and a type like image/png")


def _html(message: Message) -> bytes:
    html = _text("html", message.html)
    if not message.images:
        return html
    return _multipart("related", [html, *map(_image, message.images)], '; type="text/html"')


def _multipart(kind: str, parts: Sequence[bytes], more: str = "") -> bytes:
    """Join *parts*; neither base64 nor quoted-printable can hold the boundary's ``=_``."""
    boundary = f"=_{kind}"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n'.encode()
    start = f"\r\n--{boundary}\r\n".encode()
    return head + b"".join(start + part for part in parts) + f"\r\n--{boundary}--\r\n".encode()


def _text(subtype: str, text: str) -> bytes:
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    # Without a line end of its own, a long line would be broken by a bare LF.
    ended = text if text.endswith(("\r", "\n")) else f"{text}\n"
    return head.encode() + b2a_qp(_LINE_END.sub("\r\n", ended).encode())


def _image(image: InlineImage) -> bytes:
    ending = image.content_type.removeprefix("image/").partition("+")[0]
    head = (
        f"Content-Type: {image.content_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{image.name}>\r\n"
        f'Content-Disposition: inline; filename="{image.name}.{ending}"\r\n\r\n'
    )
    return head.encode() + encodebytes(image.data).replace(b"\n", b"\r\n")
