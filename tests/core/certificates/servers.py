"""Servers that present exactly the certificates that a test gives them."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.core.certificates.authorities import Issued


@contextmanager
def serve(
    own: Issued,
    *others: Issued,
    versions: Sequence[Any] = (),
    answer: bytes = b"",
    port: int = 0,
) -> Iterator[int]:
    """Present *own* and the *others* behind it, as they are; yields the port, any or *port*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    if versions:
        context.minimum_version, context.maximum_version = versions
    with TemporaryDirectory() as folder:
        path = Path(folder) / "served.pem"
        path.write_bytes(own.key_pem + b"".join(each.pem for each in (own, *others)))
        context.load_cert_chain(path)
    with listening(lambda plain: _talk(context, plain, answer), port) as listened:
        yield listened


@contextmanager
def listening(talk: Any, port: int = 0) -> Iterator[int]:
    """Do *talk* with every connection; yields the port."""
    with socket.create_server(("127.0.0.1", port)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    plain, _ = server.accept()
                    threading.Thread(target=_with, args=(talk, plain), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _with(talk: Any, plain: socket.socket) -> None:
    with plain, suppress(OSError):
        plain.settimeout(10)
        talk(plain)


def _talk(context: ssl.SSLContext, plain: socket.socket, answer: bytes) -> None:
    with context.wrap_socket(plain, server_side=True) as wrapped:
        if wrapped.recv(4096):
            wrapped.sendall(answer)
