"""Our verdict on a server is that of `openssl s_client`, on every chain, good or bad."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offhook.certificates import live
from offhook.certificates.live import PortCheck
from offhook.certificates.trust import Trust
from tests.core.certificates.scenes import SCENES, Scene
from tests.core.certificates.servers import serve
from tests.lab.programs import need

CODE = re.compile(r"Verify return code: (\d+)")
# OpenSSL alone still looks at the common name where there are no other names; phones do not.
OTHERWISE = {"common name only": (0, 62)}
SAID = {
    "two intermediates, upside down": "certificate-order",  # OpenSSL sorts them, phones do not
    "upper intermediate missing": "certificate-unknown-authority",
    "lower intermediate missing": "certificate-missing-intermediate",
    "both intermediates missing": "certificate-missing-intermediate",
    "intermediate missing": "certificate-missing-intermediate",
    "root in place of the intermediate": "certificate-root-without-intermediate",
    "unknown root": "certificate-missing-intermediate",
    "unknown root, served": "certificate-unknown-authority",
    "expired": "certificate-expired",
    "expired intermediate": "certificate-expired",
    "expired root": "certificate-expired",
    "another name": "certificate-name",
    "an address": "certificate-name",
    "called by another address": "certificate-name",
    "wildcard over two labels": "certificate-name",
    "wildcard of a whole top level": "certificate-name",
    "common name only": "certificate-name",
    "self-signed": "certificate-self-signed",
    "cross-signed, old way first": "certificate-wrong-way",
    "only the old way": "certificate-unknown-authority",
    "same name, other key": "certificate-missing-intermediate",
    "intermediate trusted in place of the root": "certificate-unknown-authority",
    "not valid yet": "certificate-refused",
    "intermediate not valid yet": "certificate-refused",
    "RSA 1024": "certificate-refused",
    "intermediate with RSA 1024": "certificate-refused",
    "name that is not permitted": "certificate-refused",
    "path too long": "certificate-refused",
    "issuer that is no authority": "certificate-refused",
    "for clients only": "certificate-refused",
    "SHA-1": "certificate-refused",
}

Compared = tuple[str, int, PortCheck]


@pytest.fixture(scope="module")
def matrix() -> Iterator[list[Compared]]:
    """Collects every comparison, and prints them at the end (`pytest -s`)."""
    lines: list[Compared] = []
    yield lines
    for name, theirs, ours in lines:
        sys.stdout.write(f"{name:42} openssl {theirs:>2}   offhook {ours.verdict}\n")


@pytest.fixture
def compare(tmp_path: Path) -> Callable[[Scene], tuple[int, PortCheck]]:
    """Try a chain with both."""

    def both(scene: Scene) -> tuple[int, PortCheck]:
        ca_file = tmp_path / "root.pem"
        ca_file.write_bytes(scene.trusted.pem)
        with serve(*scene.served) as port:
            theirs = ask_openssl(scene, port, ca_file)
            trust = Trust(str(ca_file))
            now = datetime.now(UTC)
            (ours,) = live.check(scene.host, [port], address="127.0.0.1", trust=trust, now=now)
        return theirs, ours

    return both


def ask_openssl(scene: Scene, port: int, ca_file: Path) -> int:
    """Return the code that Debian's openssl ends with."""
    name = "-verify_ip" if scene.host[0].isdigit() else "-verify_hostname"
    done = subprocess.run(
        [
            *(need("openssl"), "s_client", "-connect", f"127.0.0.1:{port}"),
            *("-servername", scene.host, name, scene.host),
            *("-verify_return_error", "-CAfile", ca_file),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return int(CODE.findall(done.stdout)[-1])


@pytest.mark.lab
@pytest.mark.parametrize("name", SCENES)
def test_openssl_and_we_agree_and_we_say_why(
    name: str, compare: Callable[[Scene], tuple[int, PortCheck]], matrix: list[Compared]
) -> None:
    theirs, ours = compare(SCENES[name]())
    matrix.append((name, theirs, ours))

    assert (theirs, int(ours.verdict.split()[0])) == OTHERWISE.get(name, (theirs, theirs))
    failures = [each for each in ours.findings if each.level == "failure"]
    assert [each.code for each in failures] == ([SAID[name]] if name in SAID else [])
    assert ours.ok == (name not in SAID)
    assert all(each.action for each in failures)
    if ours.ok:
        assert ours.verdict == "0 (ok)"
        assert ours.rebuilt[0] == ours.served[0]
        assert ours.root


def test_there_are_more_than_forty_chains_half_of_them_bad():
    assert len(SCENES) > 40
    assert SAID.keys() <= SCENES.keys()
    assert 20 < len(SAID) < len(SCENES) - 20
