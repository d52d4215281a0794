"""Is a client service: a WebSocket over TLS, with any fault that a network or a server can have."""

import select
import socket
import ssl
import struct
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread
from typing import Self

from attrs import frozen
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from offhook.errors import InvalidInput, UnknownName
from offhook_simulators import bad_certificates
from offhook_simulators.bad_certificates import Authority

PORT = 36008
_PATIENCE = 30.0  # seconds that a client may take
_LARGEST = 65_536
Act = Callable[["Visit"], None]


class ClientService:
    """
    Listens on ``host:port``, 0 being any free one, with one *fault*; use it as a context manager.

    *fault* is one of `FAULTS`, a status that is answered in place of 101, or "" for none. Clients
    are to trust the certificate in ``certificate.authority``. Raises `UnknownName`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fault: str = "",
        host: str = "127.0.0.1",
        port: int = PORT,
        authority: Authority | None = None,
        names: Sequence[str] = ("localhost", "127.0.0.1"),
    ) -> None:
        if fault and fault not in FAULTS and not _is_status(fault):
            raise UnknownName("fault", fault, (*FAULTS, "a status such as 200"))
        self.fault = fault
        issuing = fault if fault in bad_certificates.FAULTS else ""
        by = authority or Authority.make(names)
        self.certificate = bad_certificates.write(by, issuing, folder)
        self.context = _context(fault, self.certificate.chain, self.certificate.key)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family)
        except OSError as error:
            sentence = f"Port {port} cannot be listened at: {error.strerror}."
            raise InvalidInput(sentence, hint="Choose another one.") from error
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self.ending = Event()

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        with suppress(OSError):  # wakes the one who waits
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self.ending.is_set():
                connection, _ = self._listener.accept()
                Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        visit = Visit(self, connection)
        with suppress(OSError):  # the client went, or was sent away
            visit.run()
        visit.connection.close()


class Visit:
    """One connection, through the stages at which a fault may show."""

    def __init__(self, service: ClientService, connection: socket.socket) -> None:
        self.service = service
        self.connection = connection

    def run(self) -> None:
        """Go through the stages, up to the fault."""
        fault = FAULTS.get(self.service.fault)
        if fault and fault.stage == "connected":
            return fault.act(self)
        if fault and fault.stage == "hello":
            self.connection.recv(_LARGEST)
            return fault.act(self)
        self.encrypt()
        protocol = ServerProtocol()
        request = self.receive(protocol)
        if fault and fault.stage == "asked":
            return fault.act(self)
        if _is_status(self.service.fault):
            return self.answer(int(self.service.fault))
        protocol.send_response(protocol.accept(request))
        self.connection.sendall(b"".join(protocol.data_to_send()))
        if fault and fault.stage == "open":
            time.sleep(0.05)  # the client has seen the handshake's end by then
            return fault.act(self)
        return self.talk(protocol)

    def encrypt(self) -> None:
        """Agree on TLS; a client that is refused has time to read why."""
        wrapped = self.service.context.wrap_socket(
            self.connection, server_side=True, do_handshake_on_connect=False
        )
        self.connection = wrapped
        try:
            wrapped.do_handshake()
        except ssl.SSLError:
            # Closing on what it has sent already would reset the connection, and lose the alert.
            socket.socket.shutdown(wrapped, socket.SHUT_WR)
            while socket.socket.recv(wrapped, _LARGEST):
                pass
            raise

    def receive(self, protocol: ServerProtocol) -> Request:
        """Return what is asked for."""
        while True:
            received = self.connection.recv(_LARGEST)
            if not received:
                raise ConnectionError
            protocol.receive_data(received)
            for event in protocol.events_received():
                if isinstance(event, Request):
                    return event

    def talk(self, protocol: ServerProtocol) -> None:
        """Answer pings, and give texts back, until the client has enough."""
        while not protocol.close_expected():
            received = self.connection.recv(_LARGEST)
            protocol.receive_data(received) if received else protocol.receive_eof()
            for event in protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    protocol.send_text(event.data)
            self.connection.sendall(b"".join(protocol.data_to_send()))

    def answer(self, status: int) -> None:
        """Answer as a web server does."""
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Date: {formatdate(usegmt=True)}",
            "Content-Type: text/html",
            "Content-Length: 3",
            "Connection: close",
            *(["Location: https://sign-in.example.test/"] if status // 100 == 3 else []),
        ]
        self.connection.sendall("\r\n".join([*lines, "", "ok\n"]).encode())
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection in the ordinary way, without a farewell of TLS."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(_LARGEST):
                pass

    def reset(self) -> None:
        """Break the connection off: without lingering, closing sends a reset."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def wait(self) -> None:
        """Say nothing, until the client goes or the service ends."""
        while not self.service.ending.wait(0.1):
            if select.select([self.connection], [], [], 0)[0] and not self.connection.recv(1):
                return

    def babble(self) -> None:
        """Say what belongs to no language."""
        self.connection.sendall(b"220 this is something else\r\n" * 3)
        self.hang_up()

    def accept_wrongly(self) -> None:
        """Accept a WebSocket, of somebody else."""
        self.connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
        )
        self.hang_up()

    def close(self) -> None:
        """Close the WebSocket because of an error here (1011)."""
        self.connection.sendall(b"\x88\x02" + (1011).to_bytes(2, "big"))
        self.hang_up()


@frozen
class Fault:
    """What goes wrong, at which stage; nothing is done where the context or certificate does it."""

    stage: str
    act: Act
    help: str


FAULTS: Mapping[str, Fault] = {
    "closes": Fault("connected", Visit.hang_up, "hangs up at once"),
    "resets": Fault("connected", Visit.reset, "breaks every connection off"),
    "silent": Fault("connected", Visit.wait, "accepts connections and says nothing"),
    "closes-on-hello": Fault("hello", Visit.hang_up, "hangs up when TLS begins"),
    "resets-on-hello": Fault("hello", Visit.reset, "breaks off when TLS begins"),
    "plain": Fault("hello", Visit.babble, "speaks no TLS"),
    "closes-when-asked": Fault("asked", Visit.hang_up, "hangs up in place of an answer"),
    "resets-when-asked": Fault("asked", Visit.reset, "breaks off in place of an answer"),
    "silent-when-asked": Fault("asked", Visit.wait, "does not answer"),
    "no-http": Fault("asked", Visit.babble, "answers in another language"),
    "wrong-accept": Fault("asked", Visit.accept_wrongly, "accepts somebody else's WebSocket"),
    "closes-after": Fault("open", Visit.hang_up, "hangs up after the handshake"),
    "resets-after": Fault("open", Visit.reset, "breaks off after the handshake"),
    "fails-after": Fault("open", Visit.close, "closes the WebSocket with 1011"),
    "old-tls": Fault("tls", Visit.wait, "speaks TLS 1.0 and 1.1 only"),
    "old-ciphers": Fault("tls", Visit.wait, "knows only ciphers that nobody wants any more"),
    "unknown-name": Fault("tls", Visit.wait, "has no certificate for the name asked for"),
    "client-certificate": Fault("tls", Visit.wait, "wants a certificate of the client"),
    **{
        name: Fault("tls", Visit.wait, f"its certificate: {name.replace('-', ' ')}")
        for name in bad_certificates.FAULTS
    },
}


def _is_status(fault: str) -> bool:
    return fault.isdecimal() and int(fault) in list(HTTPStatus)


def _context(fault: str, chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if fault in ("old-tls", "short-key"):
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(chain, key)
    if fault == "old-tls":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    if fault == "old-ciphers":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA")
    if fault == "unknown-name":
        context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    if fault == "client-certificate":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(chain)
    return context
