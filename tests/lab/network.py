"""A network of its own for a program: addresses, names and faults that this machine never sees."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.programs import missing, need

ROOT = Path(__file__).parents[2]
NAME_SERVER = "10.77.0.2"
ROUTER = "10.78.0.1"
BEHIND_ROUTER = "10.79.0.9"
ROUTER_6, BEHIND_ROUTER_6 = "fd78::1", "fd79::9"
# Everything in 10.77/16 is this machine's own, and 10.79/16 and fd79::/64 are
# behind a router that knows no way.
# nftables wants the end of a line before every closing brace.
_SET_UP = """
set -e
ip link set lo up
ip addr add 10.77.0.1/16 dev lo
ip route add unreachable 198.51.100.9
echo 1 > /proc/sys/net/ipv4/tcp_syn_retries
mount -t tmpfs none /run
ip netns add router
ip link add way type veth peer name back netns router
ip addr add 10.78.0.2/24 dev way
ip link set way up
ip -n router addr add {router}/24 dev back
ip -n router link set back up
ip -n router route add unreachable 10.79.0.0/16
ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
ip route add 10.79.0.0/16 via {router}
ip addr add fd78::2/64 dev way nodad
ip -n router addr add {router_6}/64 dev back nodad
ip -n router route add unreachable fd79::/64
ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
ip route add fd79::/64 via {router_6}
printf 'nameserver %s\\noptions timeout:2 attempts:2\\n' {name_server} > {folder}/resolv.conf
mount --bind {folder}/resolv.conf /etc/resolv.conf
nft -f - <<'RULES'
table inet faults {{
 chain output {{
  type filter hook output priority 0; policy accept;
{rules}
 }}
}}
RULES
exec "$@"
"""


def run_inside(
    module: str, arguments: Sequence[str], folder: Path, rules: Mapping[str, str], limit: float
) -> str:
    """
    Run a Python module in a network without any way out; returns what it prints.

    *rules* are by address what nftables does with packets to it, such as ``drop``.
    """
    for program in ("ip", "nft"):
        need(program)
    lines = "\n".join(f"  ip daddr {address} {act}" for address, act in rules.items())
    places = {"name_server": NAME_SERVER, "router": ROUTER, "router_6": ROUTER_6}
    script = _SET_UP.format(**places, folder=folder, rules=lines)
    unshare = [need("unshare"), "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root"])]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        missing("this machine does not let tests have a network of their own (unshare --net)")
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=limit,
    )
    assert done.returncode == 0, f"{module} failed:\n{done.stderr[-4000:]}"
    return done.stdout
