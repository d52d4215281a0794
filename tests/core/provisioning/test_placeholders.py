"""Placeholders in the administrators' text."""

import pytest

from offhook.errors import InvalidInput
from offhook.provisioning import placeholders

VALUES = {
    "firstname": "Ana",
    "lastname": "O'Neill <b>",
    "dn": "2001",
    "playstore": "https://play.example.org/app?id=1&x=2",
    "link": "https://h.example.org/d/7K3QZ-9XWVB",
    "authtoken": "7K3QZ-9XWVB",
}
ALL = "[####link####] [####authtoken####] [####qrcode####]"


@pytest.mark.parametrize("marks", ["####", "#####"])
def test_four_and_five_marks_are_read(marks):
    text = f"Hello [{marks}firstname{marks}], [{marks}DN{marks}]"

    assert placeholders.fill_text(text, VALUES) == "Hello Ana, 2001"


def test_the_two_sides_may_differ_as_the_guide_writes_them():
    assert placeholders.fill_text("[####firstname#####]", VALUES) == "Ana"


@pytest.mark.parametrize("text", ["{{ user.pin }}", "{% for x in y %}", "{firstname}", "%(dn)s"])
def test_template_languages_are_plain_text(text):
    assert placeholders.fill_text(text, VALUES) == text
    assert placeholders.check("", f"{text} {ALL}") == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Dear [####first_name####]", "[####first_name####]"),
        ("Dear [###firstname###]", "[###firstname###]"),
        ("Dear [######firstname######]", "[######firstname######]"),
    ],
)
def test_an_unknown_placeholder_is_an_error_that_names_it(body, named):
    with pytest.raises(InvalidInput) as caught:
        placeholders.check("", body)

    assert [(each.field, each.value) for each in caught.value.problems] == [("body", named)]


def test_every_unknown_placeholder_is_named_at_once():
    with pytest.raises(InvalidInput) as caught:
        placeholders.check("[####x####]", "[####y####] [####z####]")

    assert [each.value for each in caught.value.problems] == [
        "[####x####]",
        "[####y####]",
        "[####z####]",
    ]


@pytest.mark.parametrize("name", placeholders.SECRETS)
def test_a_secret_is_refused_in_the_subject(name):
    with pytest.raises(InvalidInput, match="locked screens"):
        placeholders.check(f"[####{name}####]", ALL)


@pytest.mark.parametrize("name", placeholders.SECRETS)
def test_a_missing_placeholder_is_warned_about(name):
    body = ALL.replace(f"[####{name}####]", "")

    [warning] = placeholders.check("", body)

    assert name in warning


def test_the_default_body_needs_no_warning():
    assert placeholders.check("", "") == []


def test_a_line_whose_store_has_no_address_is_dropped():
    text = "Android: [####playstore####]\niPhone: [####appstore####]\nBye"

    expected = "Android: https://play.example.org/app?id=1&x=2\nBye"
    assert placeholders.fill_text(text, VALUES) == expected


def test_a_line_with_one_of_two_stores_stays():
    text = "[####playstore####] [####appstore####]"

    assert placeholders.fill_text(text, VALUES).strip() == VALUES["playstore"]


def test_html_is_escaped_and_addresses_are_links():
    text = "<script> [####lastname####] [####playstore####], see https://x.example.org/a."

    html = placeholders.fill_html(text, VALUES, picture="<img>")

    assert html.startswith("&lt;script&gt; O&#x27;Neill &lt;b&gt; ")
    assert '<a href="https://play.example.org/app?id=1&amp;x=2"' in html
    assert '<a href="https://x.example.org/a" ' in html
    assert "<script" not in html


def test_the_code_stands_where_its_placeholder_was():
    html = placeholders.fill_html("A\n[####qrcode####]\nB", VALUES, picture="<img>")

    assert html.split() == ["A<br>", "<img><br>", "B<br>"]


def test_what_a_value_holds_is_not_read_as_a_placeholder():
    values = {**VALUES, "firstname": "[####authtoken####]"}

    assert placeholders.fill_text("[####firstname####]", values) == "[####authtoken####]"
    html = placeholders.fill_html("[####firstname####]", values, picture="<img>")
    assert "7K3QZ" not in html
    assert "<img>" not in placeholders.fill_html(
        "[####firstname####]", {**VALUES, "firstname": "[####qrcode####]"}, picture="<img>"
    )


def test_a_subject_is_one_line_without_empty_brackets():
    subject = "Phone:\n[####firstname####]  ([####dn####])"

    assert placeholders.fill_line(subject, {**VALUES, "dn": ""}) == "Phone: Ana"
