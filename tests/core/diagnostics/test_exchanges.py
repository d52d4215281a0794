"""Whatever a server answers is an answer, or none of HTTP: nothing else comes of it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.diagnostics import exchanges

OK = b"HTTP/1.1 200 OK\r\n"


class Nowhere:
    """A writer that keeps what it is given."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data


def get(answer, *, at_most=100, pieces=(), ends=True):
    async def ask():
        reader = asyncio.StreamReader()
        for piece in (answer, *pieces):
            reader.feed_data(piece)
        if ends:
            reader.feed_eof()
        return await exchanges.get(reader, Nowhere(), "phones.example.org", "/", at_most)

    return asyncio.run(asyncio.wait_for(ask(), 5))


def upgrade(answer):
    async def ask():
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        reader.feed_eof()
        answered, _ = await exchanges.open_websocket(reader, Nowhere(), "a.example", "/")
        return answered.status

    return asyncio.run(asyncio.wait_for(ask(), 5))


def test_a_body_of_known_length_does_not_wait_for_the_end():
    answer = get(OK + b"Content-Length: 2\r\n\r\nok", ends=False)

    assert (answer.status, answer.body) == (200, b"ok")


def test_a_body_in_chunks_is_put_together_and_cut():
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    assert get(OK + chunks, ends=False).body == b"abcde"
    assert get(OK + chunks, at_most=4, ends=False).body == b"abcd"


def test_a_body_until_the_end_is_read_to_it():
    assert get(OK + b"\r\n", pieces=(b"abc", b"def")).body == b"abcdef"


def test_a_body_that_is_cut_off_is_what_came():
    assert get(OK + b"Content-Length: 9\r\n\r\nabc").body == b"abc"


def test_a_body_without_end_is_read_as_far_as_it_is_wanted():
    endless = b"x" * 300_000

    assert get(OK + b"\r\n" + endless, at_most=10, ends=False).body == b"x" * 10


@pytest.mark.parametrize("answer", [b"220 mail.example.org ESMTP\r\n", b"\x15\x03\x01\x00\x02"])
def test_another_language_is_told_at_its_first_bytes(answer):
    with pytest.raises(exchanges.NotHttp):
        get(answer, ends=False)


def test_a_head_without_end_is_none():
    with pytest.raises(exchanges.NotHttp, match="no end"):
        get(OK + b"X: " + b"y" * 70_000, pieces=(b"z",), ends=False)


def test_hanging_up_is_told_from_another_language():
    with pytest.raises(EOFError):
        get(b"HTTP/1.1 200 OK\r\nServer:")


@given(st.one_of(st.binary(), st.binary().map(lambda tail: OK + tail)))
def test_any_bytes_are_an_answer_or_are_none(answer):
    try:
        assert get(answer).status
    except (exchanges.NotHttp, EOFError):
        return


@given(st.binary(), st.sampled_from([b"101 Switching Protocols", b"200 OK", b"404 No"]))
def test_any_bytes_open_no_websocket(tail, status):
    head = b"HTTP/1.1 " + status + b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    try:
        assert upgrade(head + tail) != 101
    except (exchanges.NotHttp, EOFError):
        return
