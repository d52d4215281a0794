"""The guide's two rows of trouble are recognised on the very ports that phones use."""

import json

import pytest

from tests.lab.network import run_inside

pytestmark = [pytest.mark.lab]


def test_what_was_not_restarted_and_what_lacks_its_intermediate_are_told_apart(tmp_path):
    module = "tests.core.certificates.on_real_ports"
    told = json.loads(run_inside(module, [str(tmp_path)], tmp_path, {}, limit=60))

    assert told == {
        "right": {"verdicts": ["0", "0"], "failures": []},
        "not restarted": {
            "verdicts": ["0", "18"],
            "failures": ["certificate-old-on-client-service", "certificate-self-signed"],
        },
        "root in place of the intermediate": {
            "verdicts": ["20", "20"],
            "failures": ["certificate-root-without-intermediate"],
        },
    }
