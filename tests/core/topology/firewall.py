"""
A firewall with three legs in network namespaces: the internet, the DMZ and the LAN.

Run within ``unshare -rnm``; the argument is a JSON file with hosts by place, the rules' file and
what to try. Prints for each attempt the address that the other end saw, or nothing.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

BASE = """
table inet filter {
 chain forward { type filter hook forward priority 0; policy drop; jump offhook;
 }
 chain into { type nat hook prerouting priority -100; jump offhook_in;
 }
 chain out { type nat hook postrouting priority 100; jump offhook_out;
 }
}
"""
LISTEN = """
import selectors, socket, sys
chosen = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    chosen.register(socket.create_server(("0.0.0.0", port)), selectors.EVENT_READ)
while True:
    for key, _ in chosen.select():
        connection, (address, _) = key.fileobj.accept()
        connection.sendall(address.encode())
        connection.close()
"""
CONNECT = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 2, (sys.argv[3], 0)) as met:
        print(met.recv(99).decode())
except OSError:
    pass
"""


def build(wanted: dict[str, Any]) -> None:
    """Make a namespace for each place, with its hosts' addresses, and the firewall in between."""
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    run("ip", "link", "set", "lo", "up")
    for number, (place, hosts) in enumerate(wanted["places"].items()):
        run("ip", "netns", "add", place)
        run("ip", "link", "add", place, "type", "veth", "peer", "name", "leg", "netns", place)
        here, there = f"169.254.{number}.1", f"169.254.{number}.2"
        run("ip", "addr", "add", f"{here}/30", "dev", place)
        run("ip", "link", "set", place, "up")
        inside = ("ip", "-n", place)
        run(*inside, "addr", "add", f"{there}/30", "dev", "leg")
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "link", "set", "leg", "up")
        run(*inside, "route", "add", "default", "via", here)
        for host in hosts:
            run(*inside, "addr", "add", f"{host}/32", "dev", "lo")
            run("ip", "route", "add", host, "via", there)
    Path("base.nft").write_text(BASE)
    run("nft", "-f", wanted["rules"])
    run("nft", "-f", "base.nft")


def listen(wanted: dict[str, Any]) -> list[subprocess.Popen[bytes]]:
    """Listen on all ports in all places."""
    command = (sys.executable, "-c", LISTEN, *map(str, wanted["ports"]))
    started = [
        subprocess.Popen(["ip", "netns", "exec", place, *command]) for place in wanted["places"]
    ]
    time.sleep(0.1)
    for place, hosts in wanted["places"].items():
        deadline = time.monotonic() + 10
        while not connect(place, hosts[0], wanted["ports"][-1], hosts[0]):
            assert time.monotonic() < deadline, f"nobody listens in {place}"
    return started


def connect(place: str, address: str, port: int, source: str) -> str:
    """Return the address that *address* sees of *source* in *place*; empty if it is not reached."""
    command = [sys.executable, "-c", CONNECT, address, str(port), source]
    done = subprocess.run(["ip", "netns", "exec", place, *command], capture_output=True, text=True)
    return done.stdout.strip()


def run(*command: str) -> None:
    """Run a program to its good end."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    read = json.loads(Path(sys.argv[1]).read_text())
    build(read)
    listeners = listen(read)
    with ThreadPoolExecutor(8) as pool:
        json.dump(list(pool.map(lambda each: connect(*each), read["tries"])), sys.stdout)
    for each in listeners:
        each.kill()
        each.wait()
