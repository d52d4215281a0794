"""Reads a MiVoice 5000 to its end: prints how many it read, and how many MB that took."""

import sys
from resource import RUSAGE_SELF, getrusage

import offhook_mv5000
from offhook.api import Secret
from offhook.doors import Plugins
from offhook.testing import sample_connection


def main() -> None:
    host, port, ca_file, login, base = sys.argv[1:]
    options = offhook_mv5000.Options(
        host=host,
        port=int(port),
        ca_file=ca_file,
        bind_dn=login,
        password=Secret(sys.stdin.read()),
        base_dn=base,
    )
    plugins = Plugins({"mv5000": offhook_mv5000})
    count = first = 0
    for _ in plugins.list_users(sample_connection("mv5000", options)):
        count += 1
        first = first or getrusage(RUSAGE_SELF).ru_maxrss
    grown = getrusage(RUSAGE_SELF).ru_maxrss - first
    sys.stdout.write(f"{count} {grown // 1024}\n")


main()
