"""Imports users from CSV files of 1,000 and 100,000 rows: rows/s and memory, beside the floor."""

import argparse
import csv
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from offhook import generic
from offhook.doors import Plugins
from offhook.provisioning import installation
from offhook.provisioning.csvfile import import_csv
from offhook.store.encryption import Cipher, create_key_file
from offhook.store.engines import open_engine
from offhook.store.migrations import migrate
from offhook.store.store import Store

COLUMNS = ("Last name", "First name", "Directory number", "E-mail", "PBX SIP user name")
SEALED = ("PBX SIP password", "Deployment PIN")
HEAD = f"{'what':34}{'rows':>9}{'seconds':>9}{'CPU':>7}{'rows/s':>9}{'memory':>9}"


def main() -> None:
    """Run every case in a process of its own, the floor first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 100_000])
    parser.add_argument(
        "--database", default="", help="a PostgreSQL database, EMPTIED; else SQLite"
    )
    parser.add_argument("--case", choices=CASES)
    chosen = parser.parse_args()
    if chosen.case:
        print(measure(chosen.case, chosen.rows[0], chosen.database))
        return
    print(HEAD, flush=True)
    for rows in chosen.rows:
        for case in CASES:
            again = [sys.executable, __file__, "--case", case, "--rows", str(rows)]
            subprocess.run([*again, "--database", chosen.database], check=True)


def measure(case: str, rows: int, database: str) -> str:
    """Return a line: how long a case took, and by how much it made the process grow."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = COLUMNS if case == "plain" else COLUMNS + SEALED
        path = write_file(folder / "people.csv", columns, rows)
        run = CASES[case](folder, database)
        before = getrusage(RUSAGE_SELF).ru_maxrss
        started, busy = time.perf_counter(), time.process_time()
        run(path)
        took, busy = time.perf_counter() - started, time.process_time() - busy
        grown = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
    speed = f"{took:>9.2f}{busy:>7.2f}{rows / took:>9,.0f}"
    return f"{LABELS[case]:34}{rows:>9,}{speed}{grown:>6.0f} MB"


def write_file(path, columns, rows):
    """Write a file of so many users."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(rows):
            cells = (f"Mustermann{number}", "Max", 10_000 + number, f"max.m{number}@example.org")
            writer.writerow((*cells, f"u{number}", f"pw&{number}", f"{number:06d}")[: len(columns)])
    return path


def floor(folder, _database):
    """Read with csv and insert with executemany, nothing checked, nothing sealed."""
    connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE person (a, b, c, d, e, f, g)")

    def run(path):
        with path.open(newline="") as file:
            reader = csv.reader(file)
            next(reader)
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?)", reader)
            connection.execute("COMMIT")

    return run


def ours(folder, database):
    """Import as the product does."""
    create_key_file(folder / "keys")
    url = database or f"sqlite:///{folder / 'offhook.sqlite'}"
    engine = open_engine(url)
    if database:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    migrate(engine)
    engine.dispose()
    store, plugins = Store.open(url, Cipher(folder / "keys")), Plugins({"generic": generic})
    now = datetime.now(UTC)
    installation.furnish(store, plugins, actor="benchmark", now=now)

    def run(path):
        report = import_csv(store, plugins, path, actor="benchmark", now=now)
        assert not report.bad

    return run


CASES = {"floor": floor, "plain": ours, "sealed": ours}
LABELS = {
    "floor": "floor: csv and executemany",
    "plain": "import without secrets",
    "sealed": "import with password and PIN",
}

if __name__ == "__main__":
    main()
