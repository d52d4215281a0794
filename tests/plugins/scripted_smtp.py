"""A mail server on loopback that says exactly what a test tells it to, and notes what it heard."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import offhook_email_smtp
from offhook.api import Connection, Handover, Message, Receipt
from offhook.testing import sample_connection, sample_message
from offhook_email_smtp import Options

HANG_UP = ""
SILENCE = "silence"
USUAL = {
    "GREETING": "220 localhost ready",
    "EHLO": "250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "DATA": "354 go ahead",
    "BODY": "250 2.0.0 taken",
    "RSET": "250 2.0.0 forgotten",
    "QUIT": "221 2.0.0 bye",
}


class ScriptedServer:
    """
    Answers each command with the next reply written for its verb, then with the usual one.

    `GREETING` and `BODY` are verbs too. A reply of 421 also hangs up. It never speaks TLS.
    """

    def __init__(self, replies: dict[str, Sequence[str]]) -> None:
        self._replies = {verb: list(each) for verb, each in replies.items()}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.received = b""
        self.connections = 0
        self.ended = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        """End all connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def wait_for_end(self, count: int = 1) -> None:
        """Wait until *count* connections have ended, whoever ended them."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.ended >= count, 5)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self.connections += 1
            with client, client.makefile("rb") as lines, suppress(OSError):
                self._talk(client, lines)
            with self._changed:
                self.ended += 1
                self._changed.notify_all()

    def _talk(self, client: socket.socket, lines: Iterator[bytes]) -> None:
        verb = "GREETING"
        while self._say(client, verb):
            if verb == "DATA" and self._said.startswith("354"):
                verb = "BODY"
                if not self._take_body(lines):
                    return
                continue
            if verb == "STARTTLS" and self._said.startswith("220"):
                client.recv(5)
                client.sendall(b"but not like that\r\n")
                return
            line = next(lines, b"")
            if not line:
                return
            self.heard.append(line.decode(errors="replace").rstrip("\r\n"))
            verb = self.heard[-1].replace(":", " ").split(" ")[0].upper()

    def _say(self, client: socket.socket, verb: str) -> bool:
        script = self._replies.get(verb)
        self._said = reply = script.pop(0) if script else USUAL.get(verb, "500 5.5.1 what?")
        if reply == SILENCE:
            client.recv(1)
        if reply in (HANG_UP, SILENCE):
            return False
        client.sendall(f"{reply}\r\n".encode())
        return not reply.startswith(("421", "221"))

    def _take_body(self, lines: Iterator[bytes]) -> bool:
        body: list[bytes] = []
        for line in lines:
            self.received += line
            if line == b".\r\n":
                self.bodies.append(b"".join(body))
                return True
            body.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return False


@contextmanager
def scripted(**replies: Sequence[str]) -> Iterator[ScriptedServer]:
    """Run a server: `scripted(RCPT=["450 later", HANG_UP])`."""
    server = ScriptedServer(replies)
    try:
        yield server
    finally:
        server.stop()


def options(server: ScriptedServer, **others: Any) -> Options:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 2}
    return Options(**{**given, "sender": "Phones <phones@example.org>", **others})


def mails(count: int = 1) -> list[Message]:
    return [sample_message(f"m-{n}", to=f"user{n}@example.org") for n in range(1, count + 1)]


def send(server: ScriptedServer, *messages: Message, **others: Any) -> list[Handover | Receipt]:
    return list(sending(server, *messages, **others))


def sending(
    server: ScriptedServer, *messages: Message, **others: Any
) -> Iterator[Handover | Receipt]:
    connection: Connection[Options] = sample_connection("email_smtp", options(server, **others))
    return offhook_email_smtp.send(connection, messages)


def outcomes(steps: list[Handover | Receipt]) -> list[str]:
    """Return what happened to whom, `wire` for a handover."""
    return [
        f"{step.key} {'wire' if isinstance(step, Handover) else step.outcome}" for step in steps
    ]
