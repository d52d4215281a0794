"""Puts the guide's two troubles on ports 443 and 36008, where nobody else is, and prints checks."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from offhook.certificates.live import CLIENT_SERVICE, HTTPS, check, compare
from offhook.certificates.trust import Trust
from tests.core.certificates.authorities import intermediate, leaf, root
from tests.core.certificates.servers import serve


def main(folder: str) -> None:
    """Serve each trouble, and print the codes of what is found, by trouble."""
    top = root()
    middle = intermediate("Test Intermediate", top)
    own = leaf(middle)
    ca_file = Path(folder) / "root.pem"
    ca_file.write_bytes(top.pem)
    troubles = {
        "right": ((own, middle), (own, middle)),
        "not restarted": ((own, middle), (leaf(None),)),
        "root in place of the intermediate": ((own, top), (own, top)),
    }
    told = {}
    for name, (https, service) in troubles.items():
        with serve(*https, port=HTTPS), serve(*service, port=CLIENT_SERVICE):
            checks = check("localhost", trust=Trust(str(ca_file)), now=datetime.now(UTC))
        found = [finding for each in checks for finding in each.findings] + compare(checks)
        told[name] = {
            "verdicts": [each.verdict.partition(" ")[0] for each in checks],
            "failures": sorted({each.code for each in found if each.level == "failure"}),
        }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
