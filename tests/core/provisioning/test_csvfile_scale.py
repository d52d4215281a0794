"""Large imports: in bounded memory, whole or not at all, and never seen half."""

import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from offhook.model.users import Selection
from offhook.store.imports import STALE
from tests.core.provisioning.importing import Site

HEADER = "Last name,E-mail,Number,PIN"


def people(count: int) -> Iterator[str]:
    return (f"L{number},u{number}@example.org,{number},{number:04d}" for number in range(count))


@pytest.mark.slow  # 100,000 rows, 100,000 PINs sealed
def test_a_hundred_thousand_rows_are_imported_in_seconds(site: Site) -> None:
    path = site.save(HEADER, *people(100_000))
    started = time.process_time()  # not the clock: other tests share the processors
    report = site.load_file(path)

    assert time.process_time() - started < 30
    assert (report.added, report.incomplete, len(report.warnings)) == (100_000, 100_000, 1000)
    with site.store.read() as tx:
        assert tx.users.count(Selection()) == 100_000


def test_memory_does_not_grow_with_the_file(site: Site) -> None:
    peaks = []
    for count in (4000, 16_000):
        path = site.save(HEADER, *people(count))
        tracemalloc.start()
        site.load_file(path, dry_run=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.2


def test_an_import_that_fails_in_the_middle_leaves_nothing(site: Site) -> None:
    def fail(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.load(HEADER, *people(5000), on_progress=fail)

    assert site.users() == []
    assert site.staged() == 0


KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from offhook import generic
from offhook.doors import Plugins
from offhook.provisioning.csvfile import import_csv
from offhook.store.encryption import Cipher
from offhook.store.store import Store

url, keys, file, now = sys.argv[1:]
store = Store.open(url, Cipher(Path(keys)))
def stop(done, total):
    print(done, flush=True)
    sys.stdin.readline()
import_csv(store, Plugins({"generic": generic}), Path(file), actor="killed",
           now=datetime.fromisoformat(now), on_progress=stop)
"""


def test_a_process_killed_in_the_middle_leaves_nothing(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    path = site.save(HEADER, *people(5000))
    arguments = [database_url, tmp_path / "keys", path, site.now.isoformat()]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)

    assert site.staged() > 0
    assert site.users() == []
    site.now += STALE + timedelta(minutes=1)
    assert site.load(HEADER, *people(1)).added == 1
    assert site.staged() == 0


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Have a thread *act* again and again until the block ends."""
    finished = threading.Event()

    def repeat() -> None:
        while not finished.is_set():
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def test_a_reader_sees_nothing_or_everything(site: Site) -> None:
    seen: set[int] = set()

    def read() -> None:
        with site.store.read() as tx:
            seen.add(tx.users.count(Selection()))

    with meanwhile(read):
        site.load(HEADER, *people(6000))
        read()

    assert seen == {0, 6000}


def test_other_writers_get_through_while_a_file_is_imported(site: Site) -> None:
    waits: list[float] = []

    def write() -> None:
        started = time.monotonic()
        with site.store.write() as tx:
            tx.audit.add(site.now, "other", "wrote", "x")
        waits.append(time.monotonic() - started)
        time.sleep(0.01)

    with meanwhile(write):
        site.load(HEADER, *people(10_000))

    assert len(waits) > 10
    assert sorted(waits)[len(waits) // 2] < 0.25
