"""Provokes every fault in a network of its own, and prints what each is recognised as, as JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from attrs import evolve, frozen

from offhook.diagnostics import reaching
from offhook.doors import Plugins
from offhook.model.connections import Connection
from offhook.model.diagnoses import Check
from offhook.model.probes import Probe
from offhook_simulators.bad_certificates import Authority
from offhook_simulators.client_service import ClientService
from tests.core.diagnostics.faults import ADDRESSES, ANSWERS, CASES, CLOCKS, RULES, Case
from tests.lab.dns import run_dns
from tests.lab.network import NAME_SERVER

_LIMIT = 6.0  # seconds for a stage, on a busy machine
_SHORT = 2.0  # before the kernel gives up a connection, after three
_AT_ONCE = 24
_HTTPS = 443


@frozen
class Options:
    """What a connection to a redirect service is made of."""

    host: str
    port: int
    ca_file: str


def rules() -> dict[str, str]:
    """Return what nftables does with packets, by address."""
    return {case.address: RULES[case.place] for case in CASES if case.place in RULES}


def records() -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Yield what the name server knows."""
    for case in CASES:
        address = ADDRESSES.get(case.place, case.address)
        if case.place == "nodata":
            yield (case.host, "TXT"), ["nothing"]
        elif case.place == "dangling":
            yield (case.host, "CNAME"), ["nothing.lab.test."]
        elif case.place not in ANSWERS:
            yield (case.host, "AAAA" if ":" in address else "A"), [address]


def listen(case: Case, by: Authority, folder: Path) -> ClientService:
    """Return what a case's host answers with."""
    fault = "" if case.fault in CLOCKS else case.fault
    return ClientService(
        folder / case.host,
        fault=fault,
        host=case.address,
        port=port_of(case),
        authority=evolve(by, names=(case.host,)),
    )


def port_of(case: Case) -> int:
    return reaching.SERVICE_PORT if case.test == "service" else _HTTPS


def meet(case: Case, ca_file: str) -> Check:
    """Return what the test says to its host, as the product does it."""
    limit = _SHORT if case.place == "dropped" else _LIMIT
    port = port_of(case)
    if case.test == "redirect":
        options = Options(case.host, port, ca_file)
        connection = Connection(id="", name="redirect", plugin="none", options=options)
        return reaching.reach_redirect(Plugins({}), connection, limit=limit)
    scheme, path = ("wss", "/") if case.test == "service" else ("https", reaching.HEALTH)
    wanted = Probe(
        scheme=scheme, host=case.host, port=port, path=path, ca=Path(ca_file).read_text()
    )
    return reaching.reach_from_inside(case.test, wanted, limit=limit)


def met(case: Case, ca_file: str) -> dict[str, str]:
    """Return what is told of a case; one with a wrong clock meets it in a process of its own."""
    if case.fault not in CLOCKS or "FAKETIME" in os.environ:
        finding = meet(case, ca_file).findings[0]
        return {"host": case.host, "code": finding.code, "summary": finding.summary}
    again = [sys.executable, "-m", __spec__.name, ca_file, case.host]
    command = ["faketime", "-f", CLOCKS[case.fault], *again]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main(folder: Path) -> None:
    by = Authority.make(["lab.test"])
    faults = {each.host: ANSWERS[each.place] for each in CASES if each.place in ANSWERS}
    with ExitStack() as stack:
        address = (NAME_SERVER, 53)
        stack.enter_context(run_dns(dict(records()), faults=faults, address=address))
        services = [listen(each, by, folder) for each in CASES if each.fault]
        ca_file = str(services[0].certificate.authority)
        for service in services:
            stack.enter_context(service)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            told = list(pool.map(lambda case: met(case, ca_file), CASES))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        (chosen,) = [each for each in CASES if each.host == sys.argv[2]]
        sys.stdout.write(json.dumps(met(chosen, sys.argv[1])))
    else:
        main(Path(sys.argv[1]))
