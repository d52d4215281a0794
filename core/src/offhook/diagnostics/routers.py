"""Finds out which router has said that there is no way: Linux keeps the ICMP message."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

# From linux/in.h and linux/in6.h; Python names neither.
_SWITCHES = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
# An address behind the struct sock_extended_err of 16 bytes (linux/errqueue.h).
_OFFENDERS = {socket.AF_INET: slice(20, 24), socket.AF_INET6: slice(24, 40)}


@contextmanager
def telling_who(connection: socket.socket) -> Iterator[None]:
    """Note at an `OSError` of the block which router has sent it, where that is known."""
    if sys.platform != "linux":
        yield
        return
    level, switch = _SWITCHES[connection.family]
    connection.setsockopt(level, switch, 1)
    try:
        yield
    except OSError as error:
        if router := _offender(connection):
            error.add_note(f"{router} says so")
        raise
    # Later on, what a router says in passing must not end the connection.
    connection.setsockopt(level, switch, 0)


def _offender(connection: socket.socket) -> str:
    try:
        _, told, _, _ = connection.recvmsg(0, 512, socket.MSG_ERRQUEUE)
    except OSError:  # nobody has said anything
        return ""
    addresses = [data[_OFFENDERS[connection.family]] for _, _, data in told]
    return str(ip_address(addresses[0])) if addresses and addresses[0] else ""
