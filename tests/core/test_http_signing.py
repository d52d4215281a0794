"""Requests that are signed, sent once, and answered with a form: what OAuth 1.0a wants."""

import pytest

from offhook.api import BadAnswer, HttpSession, open_session
from tests.core.scripted_https import Reply, ScriptedWeb, serve

OK = Reply(body={"name": "Ana"})


def session(web: ScriptedWeb, **others: object) -> HttpSession:
    return open_session(web.base, **{"timeout": (2, 0.4), **others})


def test_with_nothing_repeatable_every_request_is_sent_once() -> None:
    with serve(Reply(status=503), OK) as web, session(web, repeatable=()) as opened:
        with pytest.raises(BadAnswer):
            opened.get("/people")
        assert len(web.asked) == 1


def test_a_request_is_signed_when_it_is_complete_but_for_that() -> None:
    with serve(OK) as web, session(web) as opened:
        opened.get("/people", params={"a": "ü"}, sign=lambda *seen: {"X": " ".join(seen)})
    assert web.asked[0][2]["X"] == f"GET {web.base}/people?a=%C3%BC"


def test_a_body_of_bytes_goes_out_as_it_was_signed() -> None:
    with serve(OK) as web, session(web) as opened:
        opened.post("/people", content=b'{"a":  1}', headers={"Content-Type": "application/json"})
    assert web.asked[0][3] == b'{"a":  1}'
    assert web.asked[0][2]["Content-Type"] == "application/json"


def test_a_form_is_an_answer_too() -> None:
    form = Reply(body=b"a=1%2F2&b=", kind="application/x-www-form-urlencoded; charset=utf-8")
    with serve(form) as web, session(web) as opened:
        assert opened.post("/token").body == {"a": "1/2", "b": ""}
