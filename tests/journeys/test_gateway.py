"""A border gateway lets offhook in, and a phone outside gets what it registers with there."""

import json
from pathlib import Path

import pytest

from offhook_simulators.clients import fetch
from offhook_simulators.exports import write_export
from offhook_simulators.mbg import Mbg
from tests.journeys.edges import connected, let_in
from tests.journeys.installation import Installation
from tests.lab.pki import Pki
from tests.lab.zbar import read_qr_of

pytestmark = pytest.mark.lab
CHANGED = "Changed-at-the-gateway-1"


@pytest.mark.slow  # a server, two campaigns, and fifteen commands
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
    with connected(installation, Mbg(4), pki) as gateway:
        installation.serve()
        run("users", "import", "--from", "hq", "--profile", "outside", "--all")
        refused = run("users", "fetch-credentials", "--all", expect=3)
        assert "offhook connections authorize edge" in " ".join(refused.split())

        said = let_in(installation)
        assert "is authorised: token" in said
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

        gateway.users.change("2", {"setSidePassword": CHANGED})
        found = run("connections", "drift", "edge", "--json", expect=3)
        assert json.loads(found)["differing"] == ["hq/10001"]
        run("connections", "drift", "edge", "--deliver")
        document = fetch(read_qr_of(sink.messages(5)[-1]), installation.authority).document
        assert document["accounts"][0]["password"] == CHANGED
        assert "Nothing has changed there" in run("connections", "drift", "edge")
        assert "is authorised anew" in run("connections", "renew", "edge")
