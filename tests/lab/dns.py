"""A DNS server on loopback that answers what a test wants; the messages are dnspython's."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from types import MappingProxyType

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

SILENCE = "silence"


@contextmanager
def run_dns(
    records: Mapping[tuple[str, str], list[str]],
    *,
    faults: Mapping[str, str] = MappingProxyType({}),
    address: tuple[str, int] = ("127.0.0.1", 0),
) -> Iterator[dns.resolver.Resolver]:
    """
    Serve *records*, texts by name and type; yields a resolver that asks nobody else.

    A name without any record does not exist; of an empty list the server says that it cannot tell.
    *faults* are by name what it answers in any case: a word of RFC 1035 and later, or `SILENCE`.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        thread = Thread(target=_serve, args=(listener, records, faults), daemon=True)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [address[0]]
        resolver.port = listener.getsockname()[1]
        try:
            yield resolver
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", listener.getsockname())
            thread.join()


def _serve(
    listener: socket.socket,
    records: Mapping[tuple[str, str], list[str]],
    faults: Mapping[str, str],
) -> None:
    """Answer until an empty packet comes."""
    while True:
        packet, asker = listener.recvfrom(4096)
        if not packet:
            return
        answer = _answer(packet, records, faults)
        if answer:
            listener.sendto(answer, asker)


def _answer(
    packet: bytes, records: Mapping[tuple[str, str], list[str]], faults: Mapping[str, str]
) -> bytes:
    query = dns.message.from_wire(packet)
    (question,) = query.question
    name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    found = records.get((name, kind))
    if fault := faults.get(name):
        if fault == SILENCE:
            return b""
        answer.set_rcode(dns.rcode.from_text(fault))
    elif found:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
    elif found is not None:
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif not any(name == known for known, _ in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()
