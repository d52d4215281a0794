"""A whole site, served for real in a network namespace, is checked by the command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from tests.core.topology.conftest import change
from tests.lab.programs import need

ROOT = Path(__file__).parents[3]
NAMES = {
    "phones.example.org": ["10.1.0.20"],
    "micollab.example.org": ["10.1.0.10"],
    "mbg1.example.org": ["9.9.9.11"],
    "mbg2.example.org": ["9.9.9.12"],
    "sip.example.org": ["9.9.9.11", "9.9.9.12"],
}
ADDRESSES = ("10.1.0.10", "10.1.0.20", "9.9.9.11", "9.9.9.12")
MBGS = [
    {"name": f"mbg{n}.example.org", "inside": f"10.2.0.1{n}", "outside": f"9.9.9.1{n}"}
    for n in (1, 2)
]


@pytest.fixture
def check(tmp_path):
    """Serve the site and check it, with other names or certificates; returns findings by code."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    def certify(*names):
        path = tmp_path / f"{'-'.join(names)}.pem"
        authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(path)
        return str(path)

    def run(*, names=NAMES, mbg2=("mbg2.example.org", "sip.example.org"), closed=()):
        shared = ("micollab.example.org", "phones.example.org")
        first = certify("mbg1.example.org", "sip.example.org", *shared)
        second = certify(*mbg2, *shared)
        servers = [("10.1.0.20", 443, first), ("10.1.0.10", 36008, first)]
        for address, certificate in (("9.9.9.11", first), ("9.9.9.12", second)):
            servers += [(address, port, certificate) for port in (443, 5061, 36008)]
        lines = [f"{address} {name}" for name, found in names.items() for address in found]
        (tmp_path / "hosts").write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
        (tmp_path / "site.toml").write_text(change("lan-dmz", mbg=MBGS))
        wanted = {
            "addresses": ADDRESSES,
            "servers": [each for each in servers if each[:2] not in closed],
            "hosts": str(tmp_path / "hosts"),
            "command": [
                *(sys.executable, "-m", "offhook", "topology", "check", "lan-dmz"),
                *("--site", "site.toml", "--ca", "ca.pem", "--json"),
            ],
        }
        (tmp_path / "wanted.json").write_text(json.dumps(wanted))
        return read(tmp_path)

    return run


def read(folder):
    """Run it in the namespace; returns status and findings."""
    script = ROOT / "tests" / "core" / "topology" / "site_in_namespace.py"
    command = [need("unshare"), "-rnm", sys.executable, str(script), "wanted.json"]
    environ = {**os.environ, "OFFHOOK_HOME": str(folder / "none")}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.lab
def test_a_site_that_is_right_passes(check):
    status, found = check()

    assert [each for each in found if each["level"] in ("failure", "warning")] == []
    assert status == 0
    served = [each for each in found if each["code"] == "topology-servers"]
    assert len(served) == 12


@pytest.mark.lab
def test_a_wrong_name_a_certificate_without_a_name_and_a_closed_port_are_found(check):
    status, found = check(
        names={**NAMES, "phones.example.org": ["9.9.9.11"]},
        mbg2=("mbg2.example.org",),
        closed={("9.9.9.12", 36008)},
    )

    assert status == 1
    failed = {each["summary"] for each in found if each["level"] == "failure"}
    assert failed == {
        "phones.example.org is 9.9.9.11 from here: it is to be 10.1.0.20 inside.",
        "sip.example.org at 9.9.9.12:5061 (SIP) fails at tls: verify 62.",
        "micollab.example.org at 9.9.9.12:36008 (client service) fails at tcp: os ECONNREFUSED.",
    }
