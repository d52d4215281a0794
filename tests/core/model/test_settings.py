"""The rules of single settings, as the guide has them."""

from datetime import UTC, datetime, timedelta

import pytest

from offhook.model.authorities import read_authority, why_unusable
from offhook.model.described import describe
from offhook.model.settings import TWINS, Settings, at_both_sides
from tests.lab.pki import Pki

FIELDS = describe(Settings)


def parse(name, text):
    return FIELDS[name].parse(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("850", 768),
        ("768", 768),
        ("640", 512),  # as far from 512 as from 768: down
        ("896", 768),
        ("897", 1024),
        ("100", 128),
        ("1", 128),
        ("2000", 1536),
        ("767.9", 768),
    ],
)
def test_a_video_rate_becomes_the_nearest_that_there_is(text, rate):
    assert parse("video_tx_rate", text) == rate
    assert parse("gateway_video_rx_rate", text) == rate


@pytest.mark.parametrize("text", ["0", "-768", "fast", "nan", "inf", ""])
def test_what_is_no_positive_number_is_no_video_rate(text):
    with pytest.raises(ValueError, match="positive number"):
        parse("video_rx_rate", text)


@pytest.mark.parametrize(("text", "point"), [("EF", 46), ("af41", 34), ("CS3", 24), ("63", 63)])
def test_dscp_is_a_number_or_a_name(text, point):
    assert parse("gateway_dscp_audio", text) == point


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("112,110", ("112", "110")),
        ("de", ("110", "112")),
        ("na, 999", ("911", "112", "999")),
        ("eu,112", ("112",)),
        ("", ()),
    ],
)
def test_emergency_numbers_are_numbers_or_those_of_a_region(text, numbers):
    assert parse("emergency_numbers", text) == numbers


def test_an_unknown_region_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"atlantis: use digits.*regions: all, au"):
        parse("emergency_numbers", "atlantis")


@pytest.mark.parametrize("name", ["download_host", "webrtc_host"])
def test_a_host_that_must_be_a_name_is_no_address(name):
    with pytest.raises(ValueError, match="use a host name"):
        parse(name, "192.0.2.1")


def test_sip_is_described_for_both_sides_alike():
    for name, twin in TWINS.items():
        here, there = FIELDS[name], FIELDS[twin]
        assert (here.type, here.choices, here.mode) == (there.type, there.choices, there.mode)
        assert (here.default, here.unit) == (there.default, there.unit)
        assert (here.side, there.side) == ("pbx", "gateway")


def test_a_table_of_a_format_is_for_both_sides():
    assert at_both_sides({"dtmf": 1, "call_mode": 2}) == {
        "dtmf": 1,
        "gateway_dtmf": 1,
        "call_mode": 2,
    }


def test_a_certificate_of_an_authority_is_read_whatever_ends_its_lines(pki: Pki):
    pem = pki.root.read_text()

    assert read_authority(pem.replace("\n", "\r\n")) == read_authority(pem)
    assert read_authority(f"text before\n{pem}") == read_authority(pem)
    assert read_authority("") == ""


def test_der_is_read_too(pki: Pki):
    inner = "".join(pki.root.read_text().splitlines()[1:-1])

    assert read_authority(inner) == read_authority(pki.root.read_text())


def test_a_servers_certificate_is_no_authority(pki: Pki):
    leaf = pki.leaf.chain.read_text()

    with pytest.raises(ValueError, match="is not an authority's certificate"):
        read_authority(leaf[: leaf.index("-----END") + len("-----END CERTIFICATE-----")])


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\nxxxx\n"])
def test_what_is_no_certificate_is_refused(text):
    with pytest.raises(ValueError, match="holds no certificate"):
        read_authority(text)


def test_an_authority_has_its_time(pki: Pki):
    pem = read_authority(pki.root.read_text())
    now = datetime.now(UTC)

    assert why_unusable(pem, now) == ""
    assert "has expired" in why_unusable(pem, datetime(9999, 1, 1, tzinfo=UTC))
    assert "is valid only from" in why_unusable(pem, now - timedelta(days=36500))
    assert why_unusable("", now) == ""
