"""Requests hold what authorities want, warn of what they turn down, and openssl accepts them."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from offhook.certificates.countries import COUNTRIES
from offhook.certificates.requests import RequestForm, doubts, fill, make
from offhook.certificates.views import key_id
from offhook.errors import InvalidInput
from offhook.model.described import describe
from tests.lab.programs import need

WHOLE = {
    "country": "CA",
    "state": "Ontario",
    "locality": "Ottawa",
    "organization": "Exämple & Söhne Ltd.",
    "unit": "Telephony",
    "common_name": "phones.example.org",
    "names": "mbg.example.org, *.example.org example.org",
}
KEYS = describe(RequestForm)["key"].choices


def openssl(request, *options):
    """Return what openssl says of a request; it fails for a wrong signature."""
    return subprocess.run(
        [need("openssl"), "req", "-verify", "-noout", *options],
        input=request.pem,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.lab
@pytest.mark.parametrize("key", KEYS)
def test_openssl_accepts_the_request_with_everything_in_it(key):
    made = make(fill(WHOLE | {"key": key}))
    shown = openssl(made, "-text", "-nameopt", "utf8,sep_comma_plus")

    assert "verify OK" in shown.stderr
    subject = "C=CA,ST=Ontario,L=Ottawa,O=Exämple & Söhne Ltd.,OU=Telephony,CN=phones.example.org"
    assert f"Subject: {subject}" in shown.stdout
    names = ["phones.example.org", "mbg.example.org", "*.example.org", "example.org"]
    assert ", ".join(f"DNS:{each}" for each in names) in shown.stdout
    assert "sha384" in shown.stdout.lower() or "sha256" in shown.stdout.lower()
    assert f"({key.rpartition('-')[2]} bit)" in shown.stdout
    private = load_pem_private_key(made.key.reveal().encode(), None)
    assert key_id(private.public_key()) == made.key_id
    assert "PRIVATE" not in repr(made)


def test_only_the_common_name_is_needed_and_clients_find_it_among_the_names():
    request = x509.load_pem_x509_csr(make(fill({"common_name": "a.example.org"})).pem.encode())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["a.example.org"]
    assert request.subject.rfc4514_string() == "CN=a.example.org"
    with pytest.raises(InvalidInput, match="common_name: give the host name"):
        fill({"country": "CA"})


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("country", "Canada", "two letters that ISO 3166 has"),
        ("country", "XX", "two letters that ISO 3166 has"),
        ("country", "UK", "use GB"),
        ("state", "ON", "in full"),
        ("state", "N.", "in full"),
        ("locality", "x" * 129, "more than 128"),
        ("organization", "x" * 65, "more than 64"),
        ("organization", "a\nb", "line break"),
        ("common_name", f"{'x' * 60}.example.org", "more than 64"),
        ("common_name", "https://phones.example.org", "without scheme"),
        ("common_name", "phones.example.org:443", "without scheme"),
        ("common_name", "a b.example.org", "without scheme"),
        ("common_name", "phones.*.example.org", "whole first label"),
        ("common_name", "ph*.example.org", "whole first label"),
        ("common_name", "*.org", "two labels"),
        ("common_name", "-a.example.org", "without scheme"),
        ("names", "ok.example.org, bücher.example.org", "write it in ASCII: xn--bcher-kva"),
        ("names", f"{'x' * 64}.example.org", "without scheme"),
        ("key", "rsa-1024", "use one of rsa-2048"),
        ("key", "dsa", "use one of"),
        ("colour", "red", "unknown"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(field, value, reason):
    with pytest.raises(InvalidInput, match=field) as caught:
        fill(WHOLE | {field: value})

    (problem,) = caught.value.problems
    assert problem.field == field
    assert reason in problem.reason


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InvalidInput) as caught:
        fill({"country": "Canada", "state": "ON", "common_name": "a b"})

    assert [each.field for each in caught.value.problems] == ["country", "state", "common_name"]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"state": "ONTARIO"}, "request-capitals"),
        ({"locality": "OTTAWA"}, "request-capitals"),
        ({"organization": "EXAMPLE LTD"}, "request-capitals"),
        ({"unit": "IT"}, "request-capitals"),
        ({"state": "Ont."}, "request-abbreviated"),
        ({"names": "192.0.2.7"}, "request-address"),
        ({"names": "[2001:db8::7]"}, "request-address"),
        ({"names": "phones"}, "request-inside-name"),
        ({"names": "phones.local"}, "request-inside-name"),
        ({"names": "*.example.org"}, "request-wildcard"),
        ({"names": ",".join(f"n{each}.example.org" for each in range(15))}, "request-many-names"),
    ],
)
def test_what_authorities_turn_down_is_warned_of(texts, code):
    (doubt,) = doubts(fill({"common_name": "phones.example.org"} | texts))

    assert (doubt.level, doubt.code) == ("warning", code)
    assert doubt.action


def test_fifteen_names_and_what_the_guide_wants_are_not_warned_of():
    names = ",".join(f"n{each}.example.org" for each in range(14))

    assert list(doubts(fill(WHOLE | {"names": f"example.org,*.example.org {names[:60]}"}))) == []
    assert len(fill(WHOLE | {"names": names}).all_names) == 15
    assert list(doubts(fill(WHOLE | {"names": names}))) == []


def test_the_list_of_countries_is_that_of_iso():
    assert len(COUNTRIES) == 249
    assert {"CA", "US", "GB", "DE", "XK"} - COUNTRIES == {"XK"}


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_makes_a_request_or_a_reason(state: str, name: str) -> None:
    try:
        form = fill({"common_name": name, "state": state, "key": "ec-256"})
    except InvalidInput as error:
        reasons = [each.reason for each in error.problems]
    else:
        reasons = [make(form).pem]
    assert all(reasons)
