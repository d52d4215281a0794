"""The registrar takes registrations over every transport and lists all of them."""

import hashlib
import re
import socket
import uuid
from collections.abc import Callable

import pytest

from tests.lab.kamailio import Kamailio, ha1

pytestmark = pytest.mark.lab

Exchange = Callable[[str], str]


def register(exchange: Exchange, port: int, user: str, password: str) -> str:
    """Register as a phone does, first without and then with a digest; return the last answer."""
    challenge = exchange(request(port, user, 1))
    nonce = re.findall(r'nonce="([^"]+)"', challenge)[0]
    proof = hashlib.md5(f"REGISTER:sip:localhost:{port}".encode()).hexdigest()
    response = hashlib.md5(f"{ha1(user, password)}:{nonce}:{proof}".encode()).hexdigest()
    login = (
        f'Authorization: Digest username="{user}", realm="localhost", nonce="{nonce}",'
        f' uri="sip:localhost:{port}", response="{response}"\r\n'
    )
    return exchange(request(port, user, 2, login)).splitlines()[0]


def request(port: int, user: str, number: int, login: str = "") -> str:
    return (
        f"REGISTER sip:localhost:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{uuid.uuid4().hex};rport\r\n"
        f"From: <sip:{user}@localhost>;tag={user}\r\nTo: <sip:{user}@localhost>\r\n"
        f"Call-ID: {user}\r\nCSeq: {number} REGISTER\r\nMax-Forwards: 70\r\n"
        f"Contact: <sip:{user}@127.0.0.1:9>\r\nExpires: 600\r\nUser-Agent: test\r\n"
        f"{login}Content-Length: 0\r\n\r\n"
    )


def test_all_of_sixty_phones_are_listed(kamailio: Kamailio) -> None:
    passwords = {f"user{number}": f"p{number} ;&%" for number in range(60)}
    kamailio.add_subscribers(passwords)

    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect(("127.0.0.1", kamailio.udp_port))

        def exchange(message: str) -> str:
            udp.send(message.encode())
            return udp.recv(65536).decode()

        for user, password in passwords.items():
            assert register(exchange, kamailio.udp_port, user, password) == "SIP/2.0 200 OK"
        assert register(exchange, kamailio.udp_port, "user1", "wrong") == "SIP/2.0 403 Forbidden"

    registered = kamailio.wait_for_registrations(60)
    assert registered.keys() == passwords.keys()
    assert registered["user7"].client == "test"
    assert registered["user7"].transport == "udp"

    kamailio.forget_registrations()
    assert kamailio.registrations() == {}


def test_a_removed_subscriber_is_refused_over_tcp(kamailio: Kamailio) -> None:
    kamailio.add_subscribers({"7328": "secret"})
    with socket.create_connection(("127.0.0.1", kamailio.tcp_port), timeout=5) as tcp:

        def exchange(message: str) -> str:
            tcp.sendall(message.replace("/UDP", "/TCP").encode())
            return tcp.recv(65536).decode()

        assert register(exchange, kamailio.tcp_port, "7328", "secret") == "SIP/2.0 200 OK"
        kamailio.remove_subscriber("7328")
        assert register(exchange, kamailio.tcp_port, "7328", "secret") == "SIP/2.0 403 Forbidden"
