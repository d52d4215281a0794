"""
A mail server that swallows everything: run as a program of its own, with its settings as JSON.

    python sink.py SETTINGS.json

Each mail becomes a file in `folder`, whole or not at all, with what the envelope said in front.
Settings: see `Sink` and `Faults` in smtp_sink.py, which starts it.
"""

import base64
import itertools
import json
import os
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Server(socketserver.ThreadingTCPServer):
    """One thread per connection, and what all connections share."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.faults = settings, settings["faults"]
        self.folder = Path(settings["folder"])
        self.tls = _context(settings)
        self.lock = threading.Lock()
        self.numbers = itertools.count(time.time_ns())
        super().__init__(("127.0.0.1", settings["port"]), Session)

    def store(self, sender: str, recipients: list[str], lines: list[bytes]) -> None:
        name = f"{next(self.numbers)}.eml"
        envelope = f"Return-Path: <{sender}>\r\nEnvelope-To: {', '.join(recipients)}\r\n"
        unfinished = self.folder / "tmp" / name
        unfinished.write_bytes(envelope.encode() + b"".join(lines))
        unfinished.rename(self.folder / "new" / name)

    def note(self, line: str) -> None:
        """Log what tests count: connections, refused recipients, dropped mails."""
        os.write(1, f"{line}\n".encode())

    def use_up(self, fault: str, recipient: str) -> bool:
        """Tell whether *fault* strikes this recipient now; a number counts down, -1 is for ever."""
        with self.lock:
            left = self.faults[fault].get(recipient, 0)
            if left > 0:
                self.faults[fault][recipient] = left - 1
            return bool(left)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed in mid-sentence is what this server is for."""
        self.note(f"lost {sys.exc_info()[1]!r}")


class Session(socketserver.StreamRequestHandler):
    """The dialog with one client."""

    server: Server
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.secure = self.trusted = False
        self.taken = 0
        self.forget()
        self.server.note("connected")
        if self.server.settings["tls"] == "implicit":
            self.wrap()
        greeting = self.server.faults["greeting"]
        self.say(greeting or "220 localhost ESMTP sink")
        while not greeting.startswith(("4", "5")):
            line = self.rfile.readline(4096)
            verb, _, argument = line.decode(errors="replace").strip().partition(" ")
            if not line or not self.answer(verb.upper(), argument):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def answer(self, verb: str, argument: str) -> bool:
        """Answer one command and tell whether the connection goes on."""
        commands: dict[str, Callable[[str], bool]] = {
            "EHLO": self.ehlo,
            "HELO": self.ehlo,
            "STARTTLS": self.starttls,
            "AUTH": self.auth,
            "MAIL": self.mail,
            "RCPT": self.rcpt,
            "DATA": self.data,
            "RSET": self.rset,
            "NOOP": lambda _: self.say("250 OK"),
            "QUIT": self.quit,
        }
        command = commands.get(verb)
        return command(argument) if command else self.say("500 5.5.1 what?")

    def ehlo(self, _: str) -> bool:
        offers = ["localhost", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 52428800"]
        if self.server.settings["tls"] == "starttls" and not self.secure:
            offers.append("STARTTLS")
        elif self.server.settings["username"]:
            offers.append("AUTH PLAIN LOGIN")
        return self.say(*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")

    def starttls(self, _: str) -> bool:
        if self.secure or not self.server.tls:
            return self.say("503 5.5.1 not now")
        self.say("220 go ahead")
        self.wrap()
        self.forget()
        return True

    def auth(self, argument: str) -> bool:
        mechanism, _, first = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            given = (first or self.ask("334 ")).encode()
            name, password = base64.b64decode(given).split(b"\0")[1:]
        else:
            name = base64.b64decode(first or self.ask("334 VXNlcm5hbWU6"))
            password = base64.b64decode(self.ask("334 UGFzc3dvcmQ6"))
        settings = self.server.settings
        expected = settings["username"].encode(), settings["password"].encode()
        self.trusted = bool(settings["username"]) and (name, password) == expected
        welcome, refusal = "235 2.7.0 welcome", "535 5.7.8 wrong user name or password"
        return self.say(welcome if self.trusted else refusal)

    def mail(self, argument: str) -> bool:
        limit = self.server.faults["mails_per_connection"]
        if limit and self.taken >= limit:
            self.say("421 4.7.0 too many mails on this connection")
            return False
        if self.server.settings["tls"] == "starttls" and not self.secure:
            return self.say("530 5.7.0 STARTTLS first")
        if self.server.settings["username"] and not self.trusted:
            return self.say("530 5.7.0 log in first")
        self.forget()
        self.sender = _address(argument)
        return self.say("250 2.1.0 OK")

    def rcpt(self, argument: str) -> bool:
        recipient = _address(argument)
        for fault, reply in (("temporary", "451 4.2.0 later"), ("permanent", "550 5.1.1 nobody")):
            if self.server.use_up(fault, recipient):
                self.server.note(f"{fault} {recipient}")
                return self.say(reply)
        self.recipients.append(recipient)
        return self.say("250 2.1.5 OK")

    def data(self, _: str) -> bool:
        if not self.recipients:
            return self.say("503 5.5.1 whom to?")
        self.say("354 go ahead")
        lines = self.body()
        time.sleep(self.server.faults["seconds_per_mail"])
        if self.struck("drop_unstored"):
            return False
        self.server.store(self.sender, self.recipients, lines)
        if self.struck("drop_stored"):
            return False
        self.taken += 1
        self.forget()
        return self.say("250 2.0.0 taken")

    def struck(self, fault: str) -> bool:
        """Tell whether *fault* strikes this mail."""
        hit = [recipient for recipient in self.recipients if self.server.use_up(fault, recipient)]
        for recipient in hit:
            self.server.note(f"{fault} {recipient}")
        return bool(hit)

    def body(self) -> list[bytes]:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise EOFError("the client went away inside a mail")
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return lines

    def rset(self, _: str) -> bool:
        self.forget()
        return self.say("250 2.0.0 OK")

    def quit(self, _: str) -> bool:
        self.say("221 2.0.0 bye")
        return False

    def forget(self) -> None:
        self.sender, self.recipients = "", list[str]()

    def wrap(self) -> None:
        assert self.server.tls
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.setup()
        self.secure = True

    def ask(self, prompt: str) -> str:
        self.say(prompt)
        return self.rfile.readline(4096).decode().strip()

    def say(self, *lines: str) -> bool:
        """Send a reply; true, so that a command can end with it."""
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True


def _context(settings: dict[str, Any]) -> ssl.SSLContext | None:
    if settings["tls"] == "none":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings["chain"], settings["key"])
    return context


def _address(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]


if __name__ == "__main__":
    with Server(json.loads(Path(sys.argv[1]).read_text())) as server:
        server.note("listening")
        server.serve_forever()
