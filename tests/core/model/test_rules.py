"""What people type about a user becomes a value, or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.model.rules import (
    check_email,
    check_host,
    check_name,
    read_email,
    read_line,
    read_pin,
    read_secret,
)
from offhook.model.secrets import Secret


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.org", "ana@example.org"),
        (" Ana.Ruiz+x@Example.ORG ", "Ana.Ruiz+x@example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("ümit@müller.example.com", "ümit@müller.example.com"),
        ("a@xn--mller-kva.de", "a@müller.de"),
        ("ana@mail.firma.local", "ana@mail.firma.local"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_an_address_is_normalized(text: str, address: str) -> None:
    assert read_email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "ana",
        "@example.org",
        "ana@",
        "ana@firma",
        "ana@10.0.0.1",
        "ana@[10.0.0.1]",
        "a..b@example.org",
        ".a@example.org",
        "a@-x.org",
        "a@x..org",
        "a@x.org.",
        "a b@x.org",
        '"a b"@x.org',
        "Ana <a@x.org>",
        "a@x.org, b@x.org",
        "a@x.org\nBcc: b@x.org",
        f"{'a' * 65}@x.org",
        f"a@{'x.' * 126}org",
    ],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    for read in (read_email, check_email):
        with pytest.raises(ValueError, match=r"e-mail address|control character|characters"):
            read(text)


@given(st.text(max_size=300))
def test_any_text_becomes_one_line_or_is_refused(text: str) -> None:
    try:
        line = read_line(text)
    except ValueError:
        return
    assert line == text.strip()
    assert len(line.splitlines()) <= 1
    line.encode()


def test_passwords_are_kept_as_they_are_and_pins_without_spaces() -> None:
    assert read_secret(" a & b ") == Secret(" a & b ")
    assert read_pin(" 0012 ") == Secret("0012")
    assert read_pin("0" * 20) == Secret("0" * 20)
    assert read_secret("") is read_pin(" ") is None


@pytest.mark.parametrize("text", ["001", "0" * 21, "12 34", "12a4", "١٢٣٤", "1²34"])
def test_a_pin_has_4_to_20_digits(text: str) -> None:
    with pytest.raises(ValueError, match="use 4 to 20 digits"):
        read_pin(text)


@pytest.mark.parametrize("text", ["a\nb", "a\0b", "a\u2028b", "\ud800", "x" * 251])
def test_a_secret_that_no_client_can_be_told_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"control character|250") as caught:
        read_secret(text)

    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["2130706433", "0x7f000001", "10.1", "127.1.", "pbx.0x7f", "0x"])
def test_an_address_in_an_odd_spelling_is_no_name(text: str) -> None:
    for check in (check_host, check_name):
        with pytest.raises(ValueError, match="use a host name"):
            check(text)


@pytest.mark.parametrize("port", ["0", "65536", "99999", "\N{SUPERSCRIPT TWO}", "-1", "x"])
def test_a_name_has_a_port_that_there_is(port: str) -> None:
    with pytest.raises(ValueError, match="use a host name, with :port"):
        check_name(f"dl.example.org:{port}")


@pytest.mark.parametrize("text", ["", "pbx", "1.pbx.example.org", "2130706433.example", "h:8443"])
def test_names_are_taken(text: str) -> None:
    check_name(text)
