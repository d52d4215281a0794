"""Runs a web application on this machine in a thread of its own, for as long as it is wanted."""

import socket
import time
from pathlib import Path
from threading import Thread
from typing import Any, Self

import uvicorn

from offhook.errors import InvalidInput
from offhook_simulators.authorities import DemoCertificate

_PATIENCE = 10.0  # seconds


class LocalServer:
    """
    Serves *app* on ``127.0.0.1:port``, 0 being any free one; over TLS where there is a certificate.

    ``address`` is its base address, made with ``localhost``. Use it as a context manager, or call
    `start` and `stop`.
    """

    def __init__(self, app: Any, port: int = 0, certificate: DemoCertificate | None = None) -> None:
        try:
            self._socket = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            sentence = f"Port {port} cannot be listened at: {error.strerror}."
            raise InvalidInput(sentence, hint="Choose another one.") from error
        self.port: int = self._socket.getsockname()[1]
        self.address = f"{'https' if certificate else 'http'}://localhost:{self.port}"
        tls: dict[str, Path] = {}
        if certificate:
            tls = {"ssl_certfile": certificate.chain, "ssl_keyfile": certificate.key}
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            lifespan="off",
            date_header=False,
            timeout_graceful_shutdown=1,
            **tls,  # type: ignore[arg-type]
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def start(self) -> None:
        """Listen; returns when it does."""
        self._thread.start()
        ends = time.monotonic() + _PATIENCE
        while not self._server.started and self._thread.is_alive():
            if time.monotonic() > ends:
                raise RuntimeError(f"{self.address} did not start.")
            time.sleep(0.005)

    def stop(self) -> None:
        """Listen no more; what is still being answered is cut off after a second."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
