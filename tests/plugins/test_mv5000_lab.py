"""MiVoice 5000 read from a real directory: encrypted, page by page, and never in part."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import offhook_mv5000
from offhook.api import OffhookError, Refused, Secret, Skipped, SourceUser, Unreachable
from offhook.doors import Plugins
from offhook.testing import sample_connection
from offhook_mv5000 import Options
from offhook_mv5000.facts import FACTS
from tests.lab.pki import Pki
from tests.lab.slapd import Slapd, StartSlapd, run_slapd

pytestmark = pytest.mark.lab
SUFFIX = "dc=example,dc=test"


@pytest.fixture
def plugins() -> Plugins:
    return Plugins({"mv5000": offhook_mv5000})


@pytest.fixture(scope="module")
def crowd(pki: Pki) -> Iterator[Slapd]:
    with run_slapd(certificate=pki.leaf, subscribers=50_000) as directory:
        yield directory


def options(directory: Slapd, pki: Pki, **others: Any) -> Options:
    return Options(
        **{
            "host": directory.host,
            "port": directory.tls_port,
            "ca_file": str(pki.root),
            "bind_dn": directory.reader,
            "password": Secret(directory.password),
            "base_dn": SUFFIX,
        }
        | others
    )


def users(plugins: Plugins, chosen: Options) -> Iterator[SourceUser | Skipped]:
    return iter(plugins.list_users(sample_connection("mv5000", chosen)))


def codes(plugins: Plugins, chosen: Options) -> dict[str, str]:
    findings = plugins.diagnose(sample_connection("mv5000", chosen))
    return {finding.code: finding.level for finding in findings}


@pytest.mark.parametrize("security", ["ldaps", "starttls"])
def test_subscriptions_are_users_and_contacts_are_left_out(
    plugins: Plugins, start_slapd: StartSlapd, pki: Pki, security: str
) -> None:
    directory = start_slapd(subscribers=4, contacts=2)
    port = directory.tls_port if security == "ldaps" else directory.port
    found = list(users(plugins, options(directory, pki, security=security, port=port)))

    first = found[0]
    assert isinstance(first, SourceUser)
    assert first.key.count("-") == 4  # the entry's UUID
    assert (first.login, first.role, first.phone) == ("s100000", "UCC (V5.0) Entry", "SIP")
    assert first.fields == {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "email": "s100000@example.test",
        "number": "100000",
        "pbx_username": "100000",
    }
    assert [each.key for each in found if isinstance(each, Skipped)] == [
        "100003",
        f"uid=c0,{directory.contacts}",
        f"uid=c1,{directory.contacts}",
    ]


def test_every_class_and_attribute_can_have_another_name(
    plugins: Plugins, start_slapd: StartSlapd, pki: Pki
) -> None:
    fields = list(FACTS.section("ldap"))
    columns = dict(zip(fields, [*(f"attr{n}" for n in range(1, 9)), "company"], strict=True))
    values = {field: f"own {field}" for field in fields} | {"number": "7301", "phone": "SIP"}
    entry = {
        "objectClass": "contactRecord",
        "uid": "usual",
        **dict.fromkeys(("givenName", "sn", "telephoneNumber", "mail"), "usual"),
        **{columns[field]: values[field] for field in fields},
    }
    lines = [f"dn: uid=usual,ou=contacts,{SUFFIX}", *(f"{k}: {v}" for k, v in entry.items())]
    directory = start_slapd(subscribers=1, contacts=0, more="\n".join(lines) + "\n")
    facts = "class.person=contactRecord;class.contact=inetOrgPerson;" + ";".join(
        f"ldap.{field}={columns[field]}" for field in fields
    )
    user, other = users(plugins, options(directory, pki, facts=facts))

    assert user == SourceUser(
        key="own key",
        fields={
            "first_name": "own first_name",
            "last_name": "own last_name",
            "email": "own email",
            "number": "7301",
            "pbx_username": "7301",
        },
        pbx="own pbx",
        login="own login",
        role="own role",
        phone="SIP",
        automatic=True,
    )
    assert isinstance(other, Skipped)


def test_nobody_at_all_is_an_error_and_not_an_empty_list(
    plugins: Plugins, start_slapd: StartSlapd, pki: Pki
) -> None:
    directory = start_slapd(subscribers=0)
    with pytest.raises(Refused, match="shows nobody below"):
        list(users(plugins, options(directory, pki)))


def test_a_directory_that_goes_away_half_way_is_an_error(
    plugins: Plugins, start_slapd: StartSlapd, pki: Pki
) -> None:
    directory = start_slapd(subscribers=20_000)
    reading = users(plugins, options(directory, pki))
    next(reading)
    directory.process.kill()
    with pytest.raises(
        Unreachable, match=r"closed the connection. That was after [\d,]+00 entries"
    ):
        list(reading)


@pytest.mark.parametrize(
    ("others", "kind", "words", "step"),
    [
        ({"password": Secret("wrong")}, Refused, "refuses the login", "ldap-login"),
        ({"base_dn": f"ou=nowhere,{SUFFIX}"}, Refused, "shows no", "ldap-base"),
        ({"ca_file": ""}, Refused, "authority that is not known", "ldap-certificate"),
        ({"bind_dn": f"cn=outsider,{SUFFIX}"}, Refused, "shows no", "ldap-base"),
    ],
)
def test_what_is_wrong_is_told_at_its_step(
    plugins: Plugins,
    start_slapd: StartSlapd,
    pki: Pki,
    others: dict[str, Any],
    kind: type[OffhookError],
    words: str,
    step: str,
) -> None:
    chosen = options(start_slapd(), pki, **others)
    with pytest.raises(kind, match=words):
        list(users(plugins, chosen))
    findings = codes(plugins, chosen)
    assert [code for code, level in findings.items() if level == "failure"] == [step]


def test_a_healthy_directory_has_no_failure(
    plugins: Plugins, start_slapd: StartSlapd, pki: Pki
) -> None:
    assert codes(plugins, options(start_slapd(), pki)) == {
        "ldap-reachable": "ok",
        "ldap-certificate": "ok",
        "ldap-login": "ok",
        "ldap-base": "ok",
        "ldap-rights": "ok",
        "ldap-shape": "ok",
    }


def test_fifty_thousand_people_pass_in_bounded_memory(crowd: Slapd, pki: Pki) -> None:
    reader = Path(__file__).with_name("reading_mv5000.py")
    told = [crowd.host, str(crowd.tls_port), str(pki.root), crowd.reader, SUFFIX]
    answer = subprocess.run(
        [sys.executable, reader, *told],
        input=crowd.password,
        capture_output=True,
        check=True,
        text=True,
    )
    count, grown = map(int, answer.stdout.split())
    assert count == 50_003
    assert grown < 8  # MB after the first page; all of them would take more than 50


def test_the_password_is_never_told(plugins: Plugins, start_slapd: StartSlapd, pki: Pki) -> None:
    directory = start_slapd()
    chosen = options(directory, pki, port=directory.port, security="starttls")
    wrong = attrs.evolve(chosen, password=Secret("pa55-to-hide"))
    with pytest.raises(Refused) as caught:
        list(users(plugins, wrong))
    told = [repr(caught.value), caught.value.hint, repr(wrong)]
    told += [repr(each) for each in plugins.diagnose(sample_connection("mv5000", wrong))]
    assert "pa55-to-hide" not in "".join(told)
