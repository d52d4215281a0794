"""What a directory answers instead of entries is told in the administrator's words."""

from typing import Any

import pytest

from offhook.directories import Directory
from offhook.directories.results import check
from offhook.errors import BadAnswer, Refused, RemoteError, Unreachable

DIRECTORY = Directory(host="dc.example.org", bind_dn="reader@example.org")


def refusal(code: int, description: str, message: str = "", **others: Any) -> RemoteError:
    """Return the error for a result, a mapping as ldap3 makes it."""
    told = {"type": "searchResDone", "referrals": None} | others
    result = {"result": code, "description": description, "message": message} | told
    with pytest.raises(RemoteError) as caught:
        check(result, DIRECTORY, "dc=example")
    assert caught.value.hint
    return caught.value


def test_success_is_no_error() -> None:
    check({"result": 0, "description": "success"}, DIRECTORY)
    with pytest.raises(RemoteError):
        check({"result": 80, "description": "other", "message": "", "type": "x"}, DIRECTORY)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("52e", "invalidCredentials"),
        ("525", "there is no such user"),
        ("532", "its password has expired"),
        ("533", "it is disabled"),
        ("775", "it is locked"),
    ],
)
def test_an_active_directory_says_why_it_refuses_a_login(code: str, words: str) -> None:
    message = (
        f"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext, data {code}, v2580"
    )
    error = refusal(49, "invalidCredentials", message, type="bindResponse")
    assert isinstance(error, Refused)
    assert f"refuses the login 'reader@example.org': {words}" in str(error)


@pytest.mark.parametrize(
    ("code", "description", "kind", "words"),
    [
        (1, "operationsError", BadAnswer, "operationsError"),
        (3, "timeLimitExceeded", Refused, "takes longer than it allows"),
        (4, "sizeLimitExceeded", Refused, "more entries than it gives"),
        (8, "strongerAuthRequired", Refused, "wants encryption"),
        (11, "adminLimitExceeded", Refused, "more work than it allows"),
        (13, "confidentialityRequired", Refused, "wants encryption"),
        (32, "noSuchObject", Refused, "shows no 'dc=example' to reader@example.org"),
        (34, "invalidDNSyntax", Refused, "cannot read the name 'dc=example'"),
        (50, "insufficientAccessRights", Refused, "shows no 'dc=example' to reader@example.org"),
        (51, "busy", Unreachable, "is not ready"),
        (52, "unavailable", Unreachable, "is not ready"),
        (53, "unwillingToPerform", BadAnswer, "unwillingToPerform"),
    ],
)
def test_each_refusal_says_what_to_do(
    code: int, description: str, kind: type[RemoteError], words: str
) -> None:
    error = refusal(code, description)
    assert isinstance(error, kind)
    assert words in str(error)


def test_a_referral_names_where_it_leads() -> None:
    error = refusal(10, "referral", referrals=["ldap://other.example.org/dc=example"])
    assert "points to ldap://other.example.org/dc=example" in str(error)


def test_what_a_server_says_cannot_disturb_a_terminal() -> None:
    error = refusal(80, "other", "a\x1b[2Jb\r\nc\0" + "x" * 1000)
    assert str(error).isprintable()
    assert len(str(error)) < 500
