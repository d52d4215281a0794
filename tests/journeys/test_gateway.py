"""A border gateway lets offhook in, and a phone outside gets what it registers with there."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from offhook_simulators.authorities import DemoCertificate
from offhook_simulators.clients import fetch
from offhook_simulators.exports import write_export
from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET
from offhook_simulators.serving import LocalServer
from tests.journeys.installation import Installation
from tests.lab.pki import Pki
from tests.lab.zbar import read_qr_of

pytestmark = pytest.mark.lab


def approve(address: str, authority: Path) -> str:
    """Be the gateway's administrator, who clicks; returns the verifier on the page."""
    token = parse_qs(urlsplit(address).query)["oauth_token"][0]
    with requests.Session() as session:
        session.trust_env = False
        page = session.post(
            address.partition("?")[0],
            data={"oauth_token": token, "decision": "approve"},
            verify=str(authority),
            timeout=10,
        )
    found = re.search(r'<code id="verifier">([^<]+)</code>', page.text)
    assert found, page.text
    return found[1]


def test_teleworkers_get_the_credentials_of_their_gateway(
    installation: Installation, start_sink, pki: Pki, tmp_path: Path
) -> None:
    sink = start_sink()
    export = tmp_path / "users.csv"
    write_export("mivb", export, 4)
    run = installation.run
    run(
        *("connections", "add", "mail", "--plugin", "email_smtp", f"host={sink.host}"),
        *(f"port={sink.port}", f"ca_file={pki.root}", "sender=it@example.test"),
    )
    run("connections", "add", "hq", "--plugin", "mivb", f"file={export}")
    run(
        *("profiles", "create", "outside", "pbx_type=mivb", "client_format=offhook"),
        *("use_teleworker=on", "gateway_host=mbg.example.test"),
    )
    certificate = DemoCertificate(pki.root, pki.leaf.chain, pki.leaf.key)
    with LocalServer(Mbg(4).app, certificate=certificate) as server:
        run(
            *("connections", "add", "edge", "--plugin", "mbg", "--local", "host=localhost"),
            *(f"port={server.port}", f"ca_file={pki.root}", f"consumer_id={CONSUMER_ID}"),
            f"consumer_secret={CONSUMER_SECRET}",
        )
        installation.serve()
        run("users", "import", "--from", "hq", "--profile", "outside", "--all")
        refused = run("users", "fetch-credentials", "--all", expect=3)
        assert "offhook connections authorize edge" in " ".join(refused.split())

        said = run("connections", "authorize", "edge")
        address = re.search(r"approval at (\S+)", said)
        assert address, said
        verifier = approve(address[1], pki.root)
        assert "is authorised: token" in run(
            "connections", "authorize", "edge", "--verifier", verifier
        )
        (edge,) = (e for e in installation.json("connections", "list") if e["name"] == "edge")
        assert (edge["verified"], edge["expires_in_days"]) == (True, 364)

        run("deploy", "--all", "--wait")
        sink.wait_for(4)
        mail = next(m for m in sink.messages(4) if m["To"] == "u10001@example.test")
        document = fetch(read_qr_of(mail), installation.authority).document

        (account,) = document["accounts"]
        assert (account["side"], account["username"]) == ("gateway", "u10001-10001")
        assert account["host"] == "mbg.example.test"
        assert account["password"]
        assert "Nothing has changed there" in run("connections", "drift", "edge")
        assert "is authorised anew" in run("connections", "renew", "edge")
