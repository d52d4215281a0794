"""The directory of the laboratory shows its readers everything, and others nothing."""

import socket
import ssl
import time
from uuid import UUID

import ldap3
import pytest

from tests.lab.pki import Pki
from tests.lab.slapd import Slapd, StartSlapd, run_slapd

pytestmark = pytest.mark.lab


def connect(directory: Slapd, login: str) -> ldap3.Connection:
    server = ldap3.Server(directory.host, directory.port, get_info=ldap3.NONE)
    return ldap3.Connection(server, login, directory.password, check_names=False)


def test_contacts_and_people_have_different_attributes(start_slapd: StartSlapd) -> None:
    directory = start_slapd(subscribers=2, contacts=1)
    with connect(directory, directory.reader) as reader:
        reader.search(directory.contacts, "(objectClass=contactRecord)", attributes=["*"])
        (contact,) = reader.response
        reader.search(directory.subscribers, "(objectClass=inetOrgPerson)", attributes=["*"])
        person = reader.response[0]

    assert contact["attributes"]["company"] == ["Elsewhere"]
    assert "attr1" not in contact["attributes"]
    assert person["attributes"]["telephoneNumber"] == ["100000"]
    assert person["attributes"]["attr1"] == ["UCC (V5.0) Entry"]


def test_staff_have_the_shape_of_an_active_directory(start_slapd: StartSlapd) -> None:
    directory = start_slapd(staff=1)
    with connect(directory, directory.reader) as reader:
        reader.search(directory.staff, "(objectClass=user)", attributes=["*"])
        (member,) = reader.response

    assert UUID(bytes_le=member["raw_attributes"]["objectGUID"][0]).int == 100_000
    assert member["attributes"]["samaccountname"] == ["m100000"]


def test_an_outsider_logs_in_and_sees_nothing(start_slapd: StartSlapd) -> None:
    directory = start_slapd()
    with connect(directory, directory.outsider) as outsider:
        assert outsider.bound
        assert not outsider.search(directory.subscribers, "(objectClass=*)")
        assert outsider.result["description"] == "noSuchObject"


def test_it_presents_its_whole_chain(start_slapd: StartSlapd, pki: Pki) -> None:
    directory = start_slapd()
    context = ssl.create_default_context(cafile=pki.root)
    with (
        socket.create_connection((directory.host, directory.tls_port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=directory.host) as wrapped,
    ):
        assert ("DNS", "localhost") in wrapped.getpeercert()["subjectAltName"]


def test_it_comes_back_on_the_same_ports(start_slapd: StartSlapd) -> None:
    directory = start_slapd()
    directory.stop()
    assert not directory.process.running
    directory.start()
    with connect(directory, directory.reader) as reader:
        assert reader.bound


def test_fifty_thousand_people_are_there_in_seconds() -> None:
    started = time.monotonic()
    with run_slapd(subscribers=50_000) as directory:
        assert time.monotonic() - started < 30
        with connect(directory, directory.reader) as reader:
            reader.search(directory.subscribers, "(telephoneNumber=149999)", attributes=["uid"])
            assert [entry["dn"] for entry in reader.response] == [
                f"uid=s149999,{directory.subscribers}"
            ]
