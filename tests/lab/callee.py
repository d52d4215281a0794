"""A phone that answers every call over UDP and keeps what it hears as it came over the wire."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from attrs import define, field

from tests.lab.processes import free_port, wait_until

_COPIED = ("via", "from", "to", "call-id", "cseq", "record-route")
_OK = "SIP/2.0 200 OK"
_NOT_HERE = "SIP/2.0 488 Not Acceptable Here"


@define
class Callee:
    """
    Where it is called, and what came: offers, packets of audio, their DSCP.

    ``srtp`` says whether it answers with encryption (SDES, RFC 4568) or without, where it has the
    choice.
    """

    port: int
    audio: socket.socket
    srtp: bool
    offers: list[str] = field(factory=list)
    packets: list[bytes] = field(factory=list)
    marks: set[int] = field(factory=set)

    @property
    def contact(self) -> str:
        """The SIP address of this phone."""
        return f"sip:callee@127.0.0.1:{self.port};transport=udp"

    def wait_for_packets(self, count: int = 20) -> list[bytes]:
        """Return packets of RTP or SRTP, once there are as many."""
        wait_until(lambda: len(self.packets) >= count, f"{count} packets of audio")
        return self.packets[:count]

    def answer(self, request: str) -> str:
        """Return the answer to a request, nothing to an ACK."""
        method = request.partition(" ")[0]
        if method == "ACK":
            return ""
        lines = [_tagged(line) for line in _lines(request)]
        offer = request.partition("\r\n\r\n")[2]
        if method != "INVITE":
            return _message(_OK, lines, "")
        self.offers.append(offer)
        answer = self._describe(offer)
        lines += [f"Contact: <{self.contact}>", "Content-Type: application/sdp"]
        return _message(_OK if answer else _NOT_HERE, lines, answer)

    def _describe(self, offer: str) -> str:
        """Return the session of an answer in PCMA, empty where the offer cannot be taken."""
        media = re.search(r"^m=audio \d+ (\S+)", offer, re.MULTILINE)
        crypto = re.search(r"^a=crypto:(\d+) (AES_CM_128_HMAC_SHA1_80) ", offer, re.MULTILINE)
        profile = media[1] if media else ""
        encrypts = self.srtp and crypto is not None
        if not media or ("SAVP" in profile and not encrypts):
            return ""
        key = f"a=crypto:{crypto[1]} {crypto[2]} inline:{'A' * 40}\r\n" if crypto else ""
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self.audio.getsockname()[1]} {profile} 8\r\na=rtpmap:8 PCMA/8000\r\n"
            f"{key if encrypts else ''}"
        )


@contextmanager
def run_callee(*, srtp: bool) -> Iterator[Callee]:
    """Answer calls until the end of the block."""
    ended = Event()
    with (
        socket.socket(type=socket.SOCK_DGRAM) as signals,
        socket.socket(type=socket.SOCK_DGRAM) as audio,
    ):
        callee = Callee(port=free_port(), audio=audio, srtp=srtp)
        signals.bind(("127.0.0.1", callee.port))
        audio.bind(("127.0.0.1", free_port()))
        audio.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        threads = [
            Thread(target=_converse, args=(callee, signals, ended)),
            Thread(target=_listen, args=(callee, ended)),
        ]
        for each in (signals, audio):
            each.settimeout(0.1)
        for thread in threads:
            thread.start()
        try:
            yield callee
        finally:
            ended.set()
            for thread in threads:
                thread.join(5)


def _converse(callee: Callee, signals: socket.socket, ended: Event) -> None:
    while not ended.is_set():
        try:
            packet, sender = signals.recvfrom(65536)
        except TimeoutError:
            continue
        answer = callee.answer(packet.decode())
        if answer:
            signals.sendto(answer.encode(), sender)


def _listen(callee: Callee, ended: Event) -> None:
    while not ended.is_set():
        try:
            packet, notes, *_ = callee.audio.recvmsg(2048, socket.CMSG_SPACE(1))
        except TimeoutError:
            continue
        if len(packet) > 12 and packet[0] >> 6 == 2:
            callee.packets.append(packet)
            callee.marks |= {value[0] >> 2 for _, kind, value in notes if kind == socket.IP_TOS}


def _lines(request: str) -> list[str]:
    """Return the headers that an answer repeats."""
    lines = request.partition("\r\n\r\n")[0].split("\r\n")[1:]
    return [line for line in lines if line.partition(":")[0].strip().lower() in _COPIED]


def _tagged(line: str) -> str:
    """Return a header, To with the tag of this phone."""
    is_to = line.lower().startswith("to:") and "tag=" not in line
    return f"{line};tag=callee" if is_to else line


def _message(first: str, lines: list[str], body: str) -> str:
    return "\r\n".join([first, *lines, f"Content-Length: {len(body.encode())}", "", body])
