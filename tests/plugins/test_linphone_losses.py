"""What Linphone cannot do is said, with what it means for the user."""

import attrs
import pytest

from offhook.api import Mode
from offhook.testing import sample_account, sample_document
from tests.plugins.linphone_reading import document_with, render


@pytest.mark.parametrize(("mode", "lost"), [("default", ["audio_codec"]), ("forced", [])])
def test_a_default_that_comes_too_late_is_reported(mode: Mode, lost: list[str]) -> None:
    rendered = render(document_with(audio_codec=("g722", mode), dscp_sip=(24, mode)))

    assert [each.setting for each in rendered.lost] == lost


def test_a_codec_that_linphone_lacks_is_reported_and_leaves_the_order_alone() -> None:
    rendered = render(document_with(audio_codec=("g722.1", "forced")))

    assert [lost.setting for lost in rendered.lost] == ["audio_codec"]
    assert b"audio_codec" not in rendered.body


def test_what_is_locked_and_what_is_unknown_is_reported() -> None:
    rendered = render(
        document_with(
            dtmf=("rfc4733", "locked"),
            verify_tls=(True, "forced"),
            emergency_numbers=(("112",), "locked"),
            brand_new=("x", "default"),
        )
    )

    reasons = {lost.setting: lost.reason for lost in rendered.lost}
    assert list(reasons) == ["dtmf", "emergency_numbers", "brand_new"]
    assert "the user can change it" in reasons["dtmf"]
    assert "PBX" in reasons["emergency_numbers"]


def test_every_setting_that_core_tells_today_is_known() -> None:
    lost = render(sample_document()).lost

    assert [each.setting for each in lost if "does not know" in each.reason] == []


def test_two_accounts_that_differ_in_encryption_are_reported() -> None:
    accounts = (sample_account(), attrs.evolve(sample_account("gateway"), srtp="optional"))
    rendered = render(sample_document(*accounts))

    reported = {lost.setting: lost.reason for lost in rendered.lost}
    assert "one SRTP mode" in reported["srtp_mode"]
