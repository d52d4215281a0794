"""NAME=VALUE arguments: values from the command line, from files, and from what is piped in."""

import io
from pathlib import Path

import pytest

from offhook.cli.arguments import read_pairs
from offhook.errors import InvalidInput


def test_names_and_values_are_read() -> None:
    assert read_pairs(["host=a", "some-name=b=c", "empty="]) == {
        "host": "a",
        "some_name": "b=c",
        "empty": "",
    }


def test_a_value_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pässword \n")

    assert read_pairs([f"password=@{tmp_path / 'password'}"]) == {"password": "pässword "}


def test_a_value_is_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\nnot this\n"))

    assert read_pairs(["password=-"]) == {"password": "s3cret"}


@pytest.mark.parametrize("pair", ["host", "=value", ""])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(InvalidInput, match="NAME=VALUE"):
        read_pairs([pair])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        read_pairs([f"password=@{tmp_path / 'nowhere'}"])


def test_a_file_that_is_no_text_is_named_without_python(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG")

    with pytest.raises(InvalidInput, match="picture: it is no text in UTF-8"):
        read_pairs([f"password=@{tmp_path / 'picture'}"])


def test_a_certificate_in_der_is_read_as_base64(tmp_path):
    path = tmp_path / "root.der"
    path.write_bytes(b"\x30\x82\x01\x00rest")

    assert read_pairs([f"custom_ca=@{path}"]) == {"custom_ca": "MIIBAHJlc3Q="}
