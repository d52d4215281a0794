"""Logs of clients hold no secret: neither one that is known nor what is named like one."""

import html
import json
from datetime import datetime
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from offhook.model.secrets import Secret
from offhook.model.users import User
from offhook.provisioning import logmasks

TOKEN = "q1zYtB6V0b3m5rXvGm0cCk2m6Yw8m4kqk7wz3v0p9aE"
SECRET = 'N0te & <G>"-1843!\\'
USER = User(
    id="u",
    profile="p",
    created_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
    number="7328",
    last_name="Lovelace",
    pbx_password=Secret(SECRET),
    gateway_password=Secret("of-the-gateway"),
    client_service_password=Secret("abc"),
)


@pytest.mark.parametrize(
    "line",
    [
        SECRET,
        f"<entry name='x'>{html.escape(SECRET)}</entry>",
        f"sip:7328:{quote(SECRET, safe='')}@pbx",
        f'<entry name="passwd" overwrite="true">{escape(SECRET)}</entry>',
        f'{{"sippassword": {json.dumps(SECRET)}}}',
        f"token=x&password={quote_plus(SECRET)}",
        "login of-the-gateway done",
        f"GET /r/{TOKEN} HTTP/1.1",
    ],
)
def test_secrets_that_we_know_are_masked_however_they_are_spelt(line: str) -> None:
    masked = logmasks.mask(f"before {line} after", USER, TOKEN)

    for rest in (SECRET, "<G", "lt;G", "%3CG", "-1843", "of-the-gateway", TOKEN):
        assert rest not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "****" in masked


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("passwd=hunter22", "passwd=****"),
        ('<entry name="passwd" overwrite="true">hunter22</entry>', None),
        ('"password": "hunter22", "port": 5061', '"password": "****", "port": 5061'),
        ("ha1=hunter22;realm=x", "ha1=****;realm=x"),
        ('"password": "a b;hunter22\\"hunter22", "port": 1', '"password": "****", "port": 1'),
        ("passwd='a,hunter22' next", "passwd='****' next"),
        ('ha1="" realm="hq"', 'ha1="" realm="hq"'),
        ("<cloud_password>a &amp; hunter22</cloud_password>", None),
        ("pwd: hunter22", "pwd: ****"),
        (
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hunter22/Zx+w==|2^20",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:****|2^20",
        ),
        ("linphone-config:https%3A%2F%2Fh%2Fc%2F7K3QZ-hunter22-AAAAA", None),
        ("auth_pass = hunter22", "auth_pass = ****"),
        ("cloud_password=hunter22&x=1", "cloud_password=****&x=1"),
        ('uri="sip:x", response="0123456789abcdef0123456789abcdef"', None),
        ("Authorization: Bearer hunter22.abc", "Authorization: Bearer ****"),
        ("GET https://h/c/7K3QZ-9XWVB-AAAAA-BBBBB", "GET https://h/c/****"),
        ("REGISTER sip:pbx.example.org SIP/2.0", "REGISTER sip:pbx.example.org SIP/2.0"),
        ("the password was refused", "the password was refused"),
        ("Set ha1 = \n2026-11-23 next", "Set ha1 = \n2026-11-23 next"),
        ("basic constraints : CA=true", "basic constraints : CA=true"),
    ],
)
def test_what_is_named_like_a_secret_is_masked_and_nothing_else(line, masked) -> None:
    found = logmasks.mask(line, USER, TOKEN)

    assert "hunter22" not in found
    assert "0123456789abcdef" not in found
    assert masked is None or found == masked


def test_a_log_cannot_steer_the_terminal_of_who_reads_it() -> None:
    masked = logmasks.mask("a\x1b]0;owned\x07b\x9b2J\tc\r\nd", USER, TOKEN)

    assert masked == "a\ufffd]0;owned\ufffdb\ufffd2J\tc\r\nd"


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_long_log_is_masked_to_its_end_and_loses_nothing(end: str) -> None:
    lines = [f"{number} passwd=hunter22 {SECRET} tail" for number in range(5000)]

    masked = logmasks.mask("\n".join(lines) + end, USER, TOKEN)

    assert masked == "\n".join(f"{number} passwd=**** **** tail" for number in range(5000)) + end


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4), st.text(), st.text())
def test_no_password_survives_whatever_stands_around_it(secret, before, after) -> None:
    user = evolve(USER, pbx_password=Secret(secret))

    masked = logmasks.mask(f"{before}{secret}{after}", user, TOKEN)

    assert secret not in masked or secret in "*" * 99
