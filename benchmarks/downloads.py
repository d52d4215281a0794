"""Redeemed configurations per second of one server process, beside floors of the same run."""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import _load
import uvicorn
from attrs import frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhook.app import App
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import downloads, tokens

ROOT = Path(__file__).parent
HELLO, FLOOR, OURS = "hello", "shared commit", "offhook"
PORTS = {HELLO: 18801, FLOOR: 18802, OURS: 18803}
ALLOWED = 1_000_000


def main() -> None:
    """Measure, in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=list(PORTS), action="append")
    parser.add_argument("--serve", choices=[HELLO, FLOOR], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.folder)
        return
    with tempfile.TemporaryDirectory(prefix="bench-downloads-") as name:
        folder = Path(name)
        furnish(folder, chosen.users)
        measure(folder, chosen)


def measure(folder: Path, chosen: argparse.Namespace) -> None:
    """Run every server, ask each in every round, and print the table."""
    names = chosen.only or list(PORTS)
    servers = [start(name, folder) for name in names]
    found: dict[str, list[_load.Measured]] = {name: [] for name in names}
    try:
        for number in range(chosen.rounds + 1):
            for name in names:
                seconds = chosen.seconds if number else 1.0
                measured = ask(name, folder, chosen.connections, seconds)
                if number:
                    found[name].append(measured)
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    report(found, chosen)


def report(found: dict[str, list[_load.Measured]], chosen: argparse.Namespace) -> None:
    """Print medians of the rounds, and what they are of the floors."""
    rates = {name: statistics.median(each.rate for each in runs) for name, runs in found.items()}
    print(
        f"{chosen.connections} connections, {chosen.rounds} rounds of {chosen.seconds:g} s, "
        f"{chosen.users} users, {os.cpu_count()} cores shared with the load; medians:\n"
    )
    print(f"{'':16}{'per second':>11}{'p50 ms':>9}{'p99 ms':>9}{'of hello':>10}{'of floor':>10}")
    for name, runs in found.items():
        p50, p99 = (statistics.median(getattr(each, part) for each in runs) for part in _PARTS)
        ratios = [rates[name] / rates[base] if base in rates else 0 for base in (HELLO, FLOOR)]
        print(
            f"{name:16}{rates[name]:11,.0f}{p50 * 1e3:9.1f}{p99 * 1e3:9.1f}"
            f"{ratios[0]:10.2f}{ratios[1]:10.2f}"
        )
        assert all(each.failed == 0 for each in runs), f"{name}: answers other than 200"


_PARTS = ("p50", "p99")


def ask(name: str, folder: Path, connections: int, seconds: float) -> "_load.Measured":
    """Send requests from a process of their own."""
    command = [sys.executable, _load.__file__, PORTS[name], folder / "tokens", connections, seconds]
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    return _load.Measured(**json.loads(done.stdout))


def start(name: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a server and wait until it listens."""
    own = [sys.executable, __file__, "--serve", name, "--folder", str(folder)]
    command = [sys.executable, "-m", "offhook", "serve", "--no-worker"] if name == OURS else own
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(folder), stdout=log, stderr=log)
    for _ in range(200):
        try:
            asyncio.run(_load.probe(PORTS[name]))
        except OSError:
            time.sleep(0.05)
            continue
        return process
    raise SystemExit((folder / f"{name}.log").read_text())


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of ours."""
    return os.environ | {
        "OFFHOOK_HOME": str(folder),
        "OFFHOOK_DOWNLOADS_LISTEN": f"127.0.0.1:{PORTS[OURS]}",
        "OFFHOOK_ADMIN_LISTEN": "127.0.0.1:18804",
    }


def furnish(folder: Path, users: int) -> None:
    """Make an installation with users, each with a link, and the floor's table of the same."""
    os.environ |= environment(folder)
    App.initialize({})
    app = App.load()
    now = datetime.now(UTC)
    with app.store.read() as tx:
        profile = tx.profiles.all()[0]
    new = []
    for start_at in range(0, users, 1000):
        with app.store.write() as tx:
            batch = [_user(number, now) for number in range(start_at, start_at + 1000)]
            for user in batch:
                tx.users.add(user, profile.id)
            made = [tokens.issue(each.id, Settings(), campaign_id="", now=now) for each in batch]
            tx.deployments.add(made)
            new += made
    _allow_many(folder, now, [(each.token_hash, each.deployment.id) for each in new])
    (folder / "tokens").write_text("\n".join(each.token.reveal() for each in new))
    first = downloads.Ask(token=new[0].token.reveal())
    config = app.redeem([first])[0].config
    assert config, "the sample user cannot be rendered"
    (folder / "body").write_bytes(config.body)
    app.store.close()


def _user(number: int, now: datetime) -> User:
    return User(
        id=f"user-{number:06}",
        profile="default",
        created_at=now,
        first_name="Ada",
        last_name=f"Lovelace {number}",
        number=str(100_000 + number),
        email=f"{number}@example.test",
        pbx_host="pbx.example.test",
        pbx_username=str(100_000 + number),
        pbx_password=Secret(f"s3cret-{number}"),
    )


def _allow_many(folder: Path, now: datetime, keys: list[tuple[str, str]]) -> None:
    """Let every link be used for the whole run, and make the floor's table."""
    with closing(sqlite3.connect(folder / "offhook.sqlite")) as database, database:
        database.execute(
            "UPDATE offhook_deployment SET downloads_left = ?, downloads_allowed = ?",
            (ALLOWED, ALLOWED),
        )
    with closing(connect(folder)) as database, database:
        database.execute(
            "CREATE TABLE link (token_hash TEXT PRIMARY KEY, downloads_left INT, expires_at TEXT)"
        )
        ends = now.replace(year=now.year + 1).isoformat()
        database.executemany(
            "INSERT INTO link VALUES (?, ?, ?)", [(key, ALLOWED, ends) for key, _ in keys]
        )


def connect(folder: Path) -> sqlite3.Connection:
    """Open the floor's database as durably as ours."""
    database = sqlite3.connect(folder / "floor.sqlite", check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def serve(name: str, folder: Path) -> None:
    """Serve a floor."""
    app: Any = hello if name == HELLO else floor(folder)
    uvicorn.run(
        app,
        port=PORTS[name],
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
    )


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI application can do."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"6")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello\n"})


@frozen
class Waiting:
    """A request of the floor that waits for its commit."""

    token: str
    future: "asyncio.Future[bool]"


def floor(folder: Path) -> Starlette:
    """Token check and count in one statement, one durable commit for all that arrived together."""
    body = (folder / "body").read_bytes()
    queue: SimpleQueue[Waiting] = SimpleQueue()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        threading.Thread(target=commit_together, args=(folder, queue, loop), daemon=True).start()
        yield

    async def config(request: Request) -> Response:
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        queue.put(Waiting(request.path_params["token"], future))
        if await future:
            return Response(body, media_type="application/xml")
        return Response("Not available.\n", 404)

    return Starlette(routes=[Route("/c/{token}", config)], lifespan=lifespan)


def commit_together(
    folder: Path, queue: "SimpleQueue[Waiting]", loop: asyncio.AbstractEventLoop
) -> None:
    """Count what waits in one transaction, and hand the outcomes back."""
    database = connect(folder)
    statement = (
        "UPDATE link SET downloads_left = downloads_left - 1 "
        "WHERE token_hash = ? AND downloads_left > 0 AND expires_at > ? RETURNING downloads_left"
    )
    while True:
        batch = [queue.get()]
        while not queue.empty():
            batch.append(queue.get())
        now = datetime.now(UTC).isoformat()
        database.execute("BEGIN IMMEDIATE")
        counted = [
            bool(database.execute(statement, (tokens.hash_of(each.token), now)).fetchall())
            for each in batch
        ]
        database.commit()
        loop.call_soon_threadsafe(hand_back, batch, counted)


def hand_back(batch: list[Waiting], counted: list[bool]) -> None:
    """Let the requests of a batch be answered."""
    for each, outcome in zip(batch, counted, strict=True):
        each.future.set_result(outcome)


if __name__ == "__main__":
    main()
