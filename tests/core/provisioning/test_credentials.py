"""What a client registers with, and what it lacks."""

import pytest

from offhook.model.settings import Settings
from offhook.provisioning import credentials


@pytest.mark.parametrize(
    ("number", "teleworker", "reason"),
    [
        ("1#001", "on", "use * (1*001), or a local or clustered MBG"),
        ("1#001", "off", "incomplete: no PBX SIP password"),
        ("1001", "on", "incomplete: no MBG SIP user name, no MBG SIP password"),
    ],
)
def test_a_number_that_cannot_cross_a_gateway_is_told_with_what_to_use(
    make_user, number, teleworker, reason
):
    user = make_user(number, pbx_password=None)
    settings = Settings(
        use_teleworker=teleworker, gateway_host="mbg.example.org", pbx_host="pbx.example.org"
    )

    assert reason in credentials.why_not(user, settings)
