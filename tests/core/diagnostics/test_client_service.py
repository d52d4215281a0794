"""The simulated client service works for a client that is not ours, and fails as it is told to."""

import ssl
import subprocess
from contextlib import ExitStack

import pytest
from typer.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from offhook.errors import InvalidInput, UnknownName
from offhook_simulators.bad_certificates import Authority
from offhook_simulators.client_service import FAULTS, ClientService
from offhook_simulators.commands import root
from tests.core.diagnostics.faults import CASES
from tests.lab.programs import need


@pytest.fixture(scope="module")
def authority():
    return Authority.make(["localhost"])


@pytest.fixture
def start(authority, tmp_path):
    """Start a service with a fault."""
    running = []

    def start(fault=""):
        service = ClientService(tmp_path, fault=fault, port=0, authority=authority)
        running.append(service.__enter__())
        return service

    yield start
    for service in running:
        service.__exit__()


def reach(service):
    context = ssl.create_default_context(cafile=service.certificate.authority)
    return connect(
        f"wss://localhost:{service.port}/",
        ssl=context,
        open_timeout=30,
        close_timeout=1,
        proxy=None,
    )


def test_a_client_signs_in_talks_and_leaves(start):
    with reach(start()) as client:
        client.send("hello")
        assert client.recv(timeout=5) == "hello"
        assert client.ping().wait(5)


def test_many_clients_are_served_at_once(start):
    service = start()
    with ExitStack() as stack:
        clients = [stack.enter_context(reach(service)) for _ in range(20)]
        for number, client in enumerate(clients):
            client.send(str(number))
        heard = [client.recv(timeout=30) for client in clients]

    assert heard == [str(number) for number in range(20)]


def test_a_status_is_answered_in_place_of_a_websocket(start):
    with pytest.raises(InvalidStatus) as caught:
        reach(start("200"))

    assert caught.value.response.status_code == 200


@pytest.mark.lab
@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("", 0),
        ("self-signed", 18),
        ("intercepted-with-root", 19),
        ("intercepted", 21),
        ("no-intermediate", 21),
        ("expired", 10),
        ("expired-intermediate", 10),
        ("not-yet-valid", 9),
        ("wrong-name", 62),
        ("wrong-purpose", 26),
    ],
)
def test_openssl_says_of_its_certificates_what_their_fault_is(start, fault, verdict):
    service = start(fault)
    checking = ["-CAfile", str(service.certificate.authority), "-verify_hostname", "localhost"]
    command = [need("openssl"), "s_client", "-connect", f"localhost:{service.port}", *checking]

    said = subprocess.run(command, input="", capture_output=True, text=True, timeout=20).stdout

    assert f"Verify return code: {verdict} " in said


def test_every_fault_is_provoked_in_the_proof():
    assert FAULTS.keys() - {case.fault for case in CASES} == set()


def test_an_unknown_fault_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(UnknownName, match="sulks") as caught:
        ClientService(tmp_path, fault="sulks", port=0)

    assert "closes-after" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_port_in_use_is_refused_by_its_number(start, tmp_path):
    service = start()

    with pytest.raises(InvalidInput, match=f"Port {service.port} cannot be listened at"):
        ClientService(tmp_path, port=service.port)


def test_the_command_lists_the_faults():
    said = CliRunner().invoke(root, ["client-service", "--faults"]).output

    assert all(name in said for name in FAULTS)
