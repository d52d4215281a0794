"""Servers that are no directories, or not for long: on loopback, each in a thread of its own."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Yield the port at which *serve* is handed every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connected, _ = listener.accept()
                except OSError:
                    return
                with connected, suppress(OSError):
                    serve(connected)

        thread = Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    """Return a server that says the same to everything, and hangs up."""

    def serve(connected: socket.socket) -> None:
        connected.recv(4096)
        connected.sendall(answer)

    return serve


def silent(connected: socket.socket) -> None:
    """Take everything and say nothing."""
    while connected.recv(4096):
        pass


def cutting(port: int, after: int) -> Callable[[socket.socket], None]:
    """Return a relay to *port* that hangs up in the middle, *after* so many bytes of answers."""

    def serve(connected: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as server:
            Thread(target=_pass_on, args=(connected, server), daemon=True).start()
            left = after
            while left and (data := server.recv(min(left, 4096))):
                connected.sendall(data)
                left -= len(data)
            for each in (server, connected):
                each.shutdown(socket.SHUT_RDWR)

    return serve


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)
