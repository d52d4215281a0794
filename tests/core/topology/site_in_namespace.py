"""
Serves a whole site on loopback of a network namespace of its own, and checks it from inside.

Arguments: a JSON file with the addresses, the served certificates and the command to run. Needs
the rights that ``unshare -rnm`` gives.
"""

import asyncio
import json
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request alike."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


async def stay(connection: ServerConnection) -> None:
    """Keep a WebSocket open for as long as the client wants."""
    await connection.wait_closed()


async def run(wanted: dict[str, Any]) -> int:
    """Start the servers, then run the command; returns its exit status."""
    for address, port, certificate in wanted["servers"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if port == 36008:
            await serve(stay, address, port, ssl=context)
        else:
            await asyncio.start_server(answer, address, port, ssl=context)
    process = await asyncio.create_subprocess_exec(*wanted["command"])
    return await process.wait()


def prepare(wanted: dict[str, Any]) -> None:
    """Bring up loopback with the site's addresses, and its names in a hosts file of our own."""
    ip("link", "set", "lo", "up")
    for address in wanted["addresses"]:
        ip("addr", "add", f"{address}/32", "dev", "lo")
    subprocess.run(["mount", "--bind", wanted["hosts"], "/etc/hosts"], check=True)


def ip(*arguments: str) -> None:
    """Run the command of that name."""
    subprocess.run(["ip", *arguments], check=True)


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text())
    prepare(read)
    sys.exit(asyncio.run(run(read)))
