"""What the vendor's tables tell, and what they forgot, is provoked for real and recognised."""

import json
import sys

import pytest

from offhook.diagnostics import catalogue
from tests.core.diagnostics.faults import CASES
from tests.core.diagnostics.provoking import rules
from tests.lab.network import run_inside
from tests.lab.programs import need

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("provoked")]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each fault was recognised as, by the host of its case."""
    need("faketime")
    folder = tmp_path_factory.mktemp("provoked")
    module = "tests.core.diagnostics.provoking"
    printed = run_inside(module, [str(folder)], folder, rules(), limit=120)
    return {each["host"]: each for each in json.loads(printed)}


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.row}-{case.host.partition('.')[0]}"
)
def test_a_provoked_fault_is_recognised(told, case):
    assert told[case.host]["code"] == case.message, told[case.host]["summary"]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.row}-{case.host.partition('.')[0]}"
)
def test_who_fails_is_named(told, case):
    assert case.hop in told[case.host]["summary"]


def test_every_message_of_the_three_tables_is_provoked(told, capsys):
    with capsys.disabled():
        for case in CASES:
            how = case.place or case.fault
            code = told[case.host]["code"]
            sys.stdout.write(f"\n{case.row:5} {case.test:9} {how:22} {code}")
        sys.stdout.write("\n")

    rows = {case.row for case in CASES} - {"-"}
    assert rows == {
        f"{table}.{row}" for table, last in ((1, 7), (2, 13), (3, 11)) for row in range(1, last + 1)
    }


def test_every_message_of_the_catalogue_that_an_outcome_may_mean_is_provoked():
    met = {case.message for case in CASES}
    known = {each.code for each in catalogue.COMMON if each.met}
    known |= {each.code for messages in catalogue.OWN.values() for each in messages}

    assert known - met == {
        "address-private",  # only the redirect service tells that: its own tests do
        "failed",  # what nobody has thought of
        "tls-failed",
    }
