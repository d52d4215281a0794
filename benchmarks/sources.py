"""Reads users from each source through its plugin, beside the bare library on the same data."""

import argparse
import csv
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import ldap3
import openpyxl
import requests

import offhook_mivb
import offhook_mv5000
import offhook_mx_one
from offhook.api import Connection, Secret
from offhook.doors import Plugins
from offhook_simulators import directories
from offhook_simulators.mx_one_data import ADMINISTRATOR, PASSWORD

PORT = 23_890
PAGE = 500
HEAD = f"{'source':14}{'users':>9}{'bare/s':>10}{'ours/s':>10}{'ratio':>8}{'bare':>10}{'ours':>10}"
Read = Callable[[], int]


class Measured(NamedTuple):
    """How long a reading took, and by how many MB it made its process grow."""

    seconds: float
    grown: float


def main() -> None:
    """Measure every source with every number of users."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="*", default=[1000, 50_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--source", choices=SOURCES, nargs="*", default=list(SOURCES))
    chosen = parser.parse_args()
    print(f"{HEAD}   (medians; by how much memory grew)", flush=True)
    for source in chosen.source:
        for users in chosen.users:
            print(measure(source, users, chosen.runs), flush=True)


def measure(source: str, users: int, runs: int) -> str:
    """Return a line of the table: both readings in turns, each in a process of its own."""
    with SOURCES[source](users) as (bare, ours):
        pairs = [(in_a_process(bare, users), in_a_process(ours, users)) for _ in range(runs)]
    line = f"{source:14}{users:>9,}"
    sides = list(zip(*pairs, strict=True))
    for side in sides:
        line += f"{users / median(each.seconds for each in side):>10,.0f}"
    line += f"{median(bare.seconds / ours.seconds for bare, ours in pairs):>8.2f}"
    for side in sides:
        line += f"{median(each.grown for each in side):>7.0f} MB"
    return line


def in_a_process(read: Read, users: int) -> Measured:
    """Return how *read* did, which has to read so many users."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        before, started = getrusage(RUSAGE_SELF).ru_maxrss, time.perf_counter()
        count = read()
        seconds = time.perf_counter() - started
        sender.send((count, seconds, (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024))

    process = context.Process(target=run)
    process.start()
    sender.close()
    count, seconds, grown = receiver.recv()
    process.join()
    assert count == users, f"{count} users instead of {users}"
    return Measured(seconds, grown)


def through_the_door(module: object, name: str, options: object) -> Read:
    """Return a reading of the plugin *module* with *options*, as the product does it."""
    connection = Connection(id="c", name="hq", plugin=name, options=options)
    return lambda: sum(1 for _ in Plugins({name: module}).list_users(connection))


# One function per source: it sets the source up for so many users, and yields the two readings.


@contextmanager
def ldap(users: int) -> Iterator[tuple[Read, Read]]:
    """MiVoice 5000's directory: OpenLDAP; bare ldap3 asks for the same attributes and pages."""
    base, login = directories.SUBSCRIBERS, directories.READER
    wanted = offhook_mv5000.assumptions()
    attributes = [
        value for name, fact in wanted.items() if name.startswith("ldap.") for value in fact.values
    ]

    def bare() -> int:
        server = ldap3.Server("localhost", PORT, get_info=ldap3.NONE)
        with ldap3.Connection(server, login, directories.PASSWORD, check_names=False) as asked:
            found = asked.extend.standard.paged_search(
                base, "(objectClass=inetOrgPerson)", attributes=attributes, paged_size=500
            )
            return sum(1 for _ in found)

    options = offhook_mv5000.Options(
        host="localhost",
        port=PORT,
        security="none",
        bind_dn=login,
        password=Secret(directories.PASSWORD),
        base_dn=base,
    )
    with directories.served(directories.Tree(subscribers=users), PORT):
        yield bare, through_the_door(offhook_mv5000, "mv5000", options)


@contextmanager
def csv_file(users: int) -> Iterator[tuple[Read, Read]]:
    """MiVoice Business's CSV; the bare reader splits the rows."""

    def write(path: Path) -> None:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *map(person, range(users))])

    def bare(path: Path) -> int:
        with path.open(newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1

    with file_of_mivb(write, bare) as readings:
        yield readings


@contextmanager
def xlsx_file(users: int) -> Iterator[tuple[Read, Read]]:
    """MiVoice Business's spreadsheet; bare openpyxl reads the values only."""

    def write(path: Path) -> None:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in (HEADINGS, *map(person, range(users))):
            sheet.append(row)
        book.save(path)

    def bare(path: Path) -> int:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        return sum(1 for _ in book.active.iter_rows(values_only=True)) - 1

    with file_of_mivb(write, bare) as readings:
        yield readings


@contextmanager
def ldif_file(users: int) -> Iterator[tuple[Read, Read]]:
    """MiVoice Business's LDIF; the bare reader splits the lines, and knows no folding or base64."""

    def write(path: Path) -> None:
        with path.open("w") as file:
            for number in range(users):
                lines = zip(ATTRIBUTES, person(number), strict=True)
                file.write(f"dn: cn={number},dc=example,dc=org\nobjectClass: user\n")
                file.writelines(f"{name}: {value}\n" for name, value in lines)
                file.write("\n")

    def bare(path: Path) -> int:
        entry, count = {}, 0
        with path.open() as file:
            for line in file:
                name, _, value = line.rstrip("\n").partition(": ")
                entry[name] = value
                if not name:
                    count, entry = count + 1, {}
        return count

    with file_of_mivb(write, bare) as readings:
        yield readings


@contextmanager
def file_of_mivb(
    write: Callable[[Path], object], bare: Callable[[Path], int]
) -> Iterator[tuple[Read, Read]]:
    """Have a file written, and yield both readings of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "users.xlsx"  # openpyxl looks at the name, we do not
        write(path)
        options = offhook_mivb.Options(file=str(path))
        yield lambda: bare(path), through_the_door(offhook_mivb, "mivb", options)


@contextmanager
def mx_one(users: int) -> Iterator[tuple[Read, Read]]:
    """MX-ONE's simulated web interface; bare requests reads the same pages, JSON decoded."""
    login = {"username": ADMINISTRATOR, "password": PASSWORD}

    def bare() -> int:
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(folder / "ca.pem")
            token = session.post(f"{base}/auth/login", json=login).json()["token"]
            session.headers["Authorization"] = f"Bearer {token}"
            count, page = 0, {"last": False}
            while not page["last"]:
                wanted = {"page": count // PAGE, "size": PAGE}
                page = session.get(f"{base}/user-ms/users/v1", params=wanted).json()
                count += len(page["content"])
            return count

    with TemporaryDirectory() as name:
        folder, base = Path(name), f"https://localhost:{PORT}"
        options = offhook_mx_one.Options(
            host="localhost",
            port=PORT,
            username=ADMINISTRATOR,
            password=Secret(PASSWORD),
            ca_file=str(folder / "ca.pem"),
            page_size=PAGE,
        )
        with simulated("mx-one", f"--users={users}", f"--folder={folder}"):
            yield bare, through_the_door(offhook_mx_one, "mx_one", options)


@contextmanager
def simulated(*arguments: str) -> Iterator[None]:
    """Run a simulator at the port, in a process of its own: it is not what is measured."""
    program = Path(sys.executable).with_name("offhook-simulate")
    command = [program, *arguments, f"--port={PORT}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            while not listens(PORT):
                assert process.poll() is None
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


def listens(port: int) -> bool:
    """Tell whether somebody listens at *port*."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


HEADINGS = "Login", "First Name", "Last Name", "Email", "Directory Number", "Device Type", "Role"
ATTRIBUTES = "sAMAccountName", "givenName", "sn", "mail", "telephoneNumber", "deviceType", "title"


def person(number: int) -> tuple[object, ...]:
    """Return a row of a file of users."""
    login = f"user{number}"
    mail = f"{login}@example.org"
    return login, "Max", f"Mustermann {number}", mail, 10_000 + number, "UC Endpoint", "Staff"


SOURCES = {"ldap": ldap, "mx-one": mx_one, "csv": csv_file, "xlsx": xlsx_file, "ldif": ldif_file}

if __name__ == "__main__":
    main()
