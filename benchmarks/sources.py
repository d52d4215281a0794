"""Reads users from each source through its plugin, beside the bare library on the same data."""

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import NamedTuple

import ldap3

import offhook_mv5000
from offhook.api import Connection, Secret
from offhook.doors import Plugins
from offhook_simulators import directories

PORT = 23_890
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


SOURCES = {"ldap": ldap}

if __name__ == "__main__":
    main()
