"""A real directory of the shape of Active Directory gives MiVoice Business its users."""

import pytest

import offhook_mivb
from offhook.api import Refused, Secret, Skipped, Unreachable
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_mivb import Options

pytestmark = pytest.mark.lab

MORE = """\
dn: cn=boss,{staff}
objectClass: user
objectClass: accountRecord
instanceType: 4
nTSecurityDescriptor: -
objectCategory: cn=Person,dc=example,dc=test
cn: boss
sn: Boss
sAMAccountName: boss
telephoneNumber: 7328
otherTelephone: 7329

dn: cn=guest,{staff}
objectClass: user
instanceType: 4
nTSecurityDescriptor: -
objectCategory: cn=Person,dc=example,dc=test
cn: guest
sn: Guest

"""


@pytest.fixture
def plugins():
    return Plugins({"mivb": offhook_mivb})


def connection(directory, pki, **options):
    usual = {
        "source": "ldap",
        "host": directory.host,
        "port": directory.tls_port,
        "ca_file": str(pki.root),
        "bind_dn": directory.reader,
        "password": Secret(directory.password),
        "base_dn": directory.staff,
    }
    return sample_connection("mivb", Options(**usual | options))


def test_users_come_with_the_attributes_that_the_vendor_maps(start_slapd, pki, plugins):
    directory = start_slapd(staff=3)

    found = list(plugins.list_users(connection(directory, pki)))

    assert [(user.key, user.login, user.pbx) for user in found] == [
        ("00000000-0000-0000-0000-0000000186a0", "m100000", "hq"),
        ("00000000-0000-0000-0000-0000000186a1", "m100001", "hq"),
        ("00000000-0000-0000-0000-0000000186a2", "m100002", "hq"),
    ]
    assert found[1].fields == {
        "first_name": "Björn",
        "last_name": "Ruiz",
        "email": "m100001@example.test",
        "number": "100001",
        "pbx_username": "100001",
        "gateway_username": "m100001-100001",
    }
    assert [(user.role, user.automatic) for user in found] == [
        ("UCC (Vx.0) Entry", False),
        ("UCC (Vx.0) Standard", True),
        ("UCC (Vx.0) Premium", True),
    ]


def test_what_an_entry_lacks_is_not_known_and_without_number_it_is_left_out(
    start_slapd, pki, plugins
):
    directory = start_slapd(staff=0, more=MORE.format(staff="ou=staff,dc=example,dc=test"))

    boss, second, guest = plugins.list_users(connection(directory, pki))

    assert boss.key == "boss"
    assert "email" not in boss.fields
    assert second == Skipped("7329", "of a second number it must be known what phone it has")
    assert guest == Skipped("cn=guest,ou=staff,dc=example,dc=test", "it has no directory number")


def test_a_site_with_other_attributes_and_its_own_filter_is_read(start_slapd, pki, plugins):
    directory = start_slapd(subscribers=4)
    chosen = connection(
        directory,
        pki,
        port=directory.port,
        security="starttls",
        base_dn=directory.subscribers,
        filter="(&(objectClass=inetOrgPerson)(attr2=SIP))",
        facts="ldap.login=uid; ldap.role=attr1; ldap.phone_type=attr2; phone.uc_endpoint=SIP",
    )

    found = list(plugins.list_users(chosen))

    assert [(user.key, user.phone) for user in found] == [
        ("s100000", "UC Endpoint"),
        ("s100001", "UC Endpoint"),
        ("s100002", "UC Endpoint"),
    ]


def test_a_directory_that_shows_nobody_is_not_taken_for_an_empty_one(start_slapd, pki, plugins):
    directory = start_slapd(staff=3)
    chosen = connection(directory, pki, filter="(objectClass=nobody)")

    with pytest.raises(Refused, match=r"nothing that can be seen matches \(objectClass=nobody\)"):
        list(plugins.list_users(chosen))
    assert "failure" in [each.level for each in plugins.diagnose(chosen)]


def test_many_users_come_page_by_page(start_slapd, pki, plugins):
    directory = start_slapd(staff=1_203)

    found = list(plugins.list_users(connection(directory, pki)))

    assert len({user.key for user in found}) == 1_203


def test_a_good_directory_gives_no_warning(start_slapd, pki, plugins):
    found = list(plugins.diagnose(connection(start_slapd(staff=3), pki)))

    assert {each.level for each in found} <= {"ok", "note"}
    assert found[-2].summary == "Users that can have a client: 3; left out: 0."
    assert found[-1].code == "mivb-phones"


def test_failures_of_the_directory_are_told_and_end_the_reading(start_slapd, pki, plugins):
    directory = start_slapd(staff=3)
    wrong = connection(directory, pki, password=Secret("wrong"))

    with pytest.raises(Refused) as caught:
        list(plugins.list_users(wrong))
    assert "wrong" not in str(caught.value)
    assert [each.level for each in plugins.diagnose(wrong)][-1] == "failure"

    directory.stop()
    with pytest.raises(Unreachable):
        list(plugins.list_users(wrong))
