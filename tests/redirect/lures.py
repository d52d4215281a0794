"""
Run in a network of its own: names that lure the service inside, and a host inside that waits.

    python -m tests.redirect.lures FOLDER

Writes as JSON by name what the service says of it, asked twice, and what the host inside heard.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme
from starlette.testclient import TestClient

from offhook.doors import Plugins
from offhook_redirector import serving
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Store
from tests.lab.dns import run_dns
from tests.lab.network import NAME_SERVER
from tests.lab.pki import Certificate
from tests.redirect.conftest import URL, Asker, Signer
from tests.redirect.hosts import running

# Nobody's but this network's: it has no way out.
PUBLIC, INSIDE = "8.8.8.8", "10.77.0.9"
# By name the answers to A and to AAAA; the last one is for all that follow.
ANSWERS: dict[str, tuple[list[list[str]], list[list[str]]]] = {
    "steady": ([[PUBLIC]], [[]]),
    "rebinding": ([[PUBLIC], [INSIDE]], [[]]),
    "rebinding-to-loopback": ([[PUBLIC], ["127.0.0.1"]], [[]]),
    "mixed": ([[PUBLIC, INSIDE]], [[]]),
    "mixed-families": ([[PUBLIC]], [["::1"]]),
    "redirecting": ([[PUBLIC]], [[]]),
    "inside": ([[INSIDE]], [[]]),
    "loopback": ([["127.0.0.1"]], [[]]),
    "any": ([["0.0.0.0"]], [[]]),
    "metadata": ([["169.254.169.254"]], [[]]),
    "carrier": ([["100.64.0.1"]], [[]]),
    "mapped": ([[]], [[f"::ffff:{INSIDE}"]]),
    "6to4": ([[]], [["2002:a4d:9::1"]]),
    "nat64": ([[]], [["64:ff9b::a4d:9"]]),
    "unique-local": ([[]], [["fd00:ec2::254"]]),
}
SEEN = "seen.json"
DOMAIN = "phones.example.org"


class Changing(dict[tuple[str, str], list[str]]):
    """Records that change with each question, as their owner likes."""

    def __init__(self) -> None:
        answers = {
            (f"{name}.{DOMAIN}", kind): each
            for name, both in ANSWERS.items()
            for kind, each in zip(("A", "AAAA"), both, strict=True)
        }
        super().__init__({key: each[0] for key, each in answers.items() if each[0]})
        self._left = answers

    def get(self, key: tuple[str, str], _default: Any = None) -> list[str] | None:  # type: ignore[override]
        left = self._left.get(key, [[]])
        return (left.pop(0) if len(left) > 1 else left[0]) or None


@contextmanager
def service(folder: Path, authority: str) -> Iterator[Asker]:
    """Yield a deployment server that the service knows."""
    store, signer = Store(f"sqlite:///{folder / 'redirect.sqlite'}"), Signer()
    store.prepare()
    store.add_server("north", signer.key, now=datetime.now(UTC))
    settings = RedirectSettings(public_url=URL, probes_per_minute=10_000)
    app = serving.create(store, settings, Plugins.installed().formats, ca=authority)
    with TestClient(app, base_url=URL) as client:
        yield Asker(client, signer)
    store.close()


def certify(folder: Path, authority: trustme.CA) -> Certificate:
    """Return a certificate that is good for every name and address here."""
    issued = authority.issue_cert(f"*.{DOMAIN}", INSIDE, "127.0.0.1", PUBLIC)
    certificate = Certificate(chain=folder / "chain.pem", key=folder / "key.pem")
    certificate.chain.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    certificate.key.write_bytes(issued.private_key_pem.bytes())
    return certificate


def ask(server: Asker, name: str) -> list[Any]:
    """Return what came of asking for attempts twice, and then for a route."""
    host = f"{name}.{DOMAIN}"
    probes = [{"scheme": "https", "path": "/healthz"}, {"scheme": "tls"}]
    told = [server.post("/v1/probes", {"host": host, "probes": probes}).json() for _ in range(2)]
    return [*told, server.post("/v1/routes", {"host": host}).json()]


def main(folder: Path) -> None:
    """Go through all names."""
    subprocess.run(["ip", "addr", "add", f"{PUBLIC}/32", "dev", "lo"], check=True)
    authority = trustme.CA()
    certificate = certify(folder, authority)
    with ExitStack() as stack:
        stack.enter_context(run_dns(Changing(), address=(NAME_SERVER, 53)))
        outside = stack.enter_context(running(certificate, (PUBLIC, 443)))
        inside = [
            stack.enter_context(running(certificate, (address, 443)))
            for address in (INSIDE, "127.0.0.1")
        ]
        server = stack.enter_context(service(folder, authority.cert_pem.bytes().decode()))
        for each in (outside, *inside):
            each.name(server.key)
            each.answers["/healthz"] = (200, {}, b"ok\n")
        told = {name: ask(server, name) for name in ANSWERS if name != "redirecting"}
        outside.answers["/.well-known/offhook"] = (302, {"location": f"https://{INSIDE}/"}, b"")
        told["redirecting"] = ask(server, "redirecting")
        heard = [path for each in inside for path in each.asked]
    seen = {"told": told, "heard_inside": heard, "heard_outside": len(outside.asked)}
    (folder / SEEN).write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
