"""A directory of a PBX's shape for slapd: its configuration, and people by the ten thousand."""

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from attrs import frozen

from offhook.errors import InvalidInput, SettingsError
from offhook_simulators.authorities import DemoCertificate

SUFFIX = "dc=example,dc=test"
READER = f"cn=reader,{SUFFIX}"
OUTSIDER = f"cn=outsider,{SUFFIX}"
PASSWORD = "directory-pw"
SUBSCRIBERS = f"ou=subscribers,{SUFFIX}"
CONTACTS = f"ou=contacts,{SUFFIX}"
STAFF = f"ou=staff,{SUFFIX}"

_HERE = Path(__file__).parent
_SCHEMA = Path("/etc/ldap/schema")
_FIRST_NAMES = ("Ana", "Björn", "Siobhán", "Юлия", "Max")
_LAST_NAMES = ("Ruiz", "Åkesson", "O'Neill", "Щёлокова", "Mustermann")
_ROLES = ("UCC (V5.0) Entry", "UCC (V5.0) Standard", "UCC (V5.0) Premium")
_PHONES = ("SIP", "SIP", "SIP", "6930")
_FIRST_NUMBER = 100_000
_SETTLED = 0.5  # seconds within which it says that it cannot


@frozen(kw_only=True)
class Tree:
    """
    How many of each kind there are, and LDIF of one's own after them.

    ``subscribers`` and ``contacts`` have the shape of a MiVoice 5000, ``staff`` that of an Active
    Directory; so has ``clock``, the time that the root tells, such as 20260102030405.0Z.
    """

    subscribers: int = 0
    contacts: int = 0
    staff: int = 0
    more: str = ""
    clock: str = ""


def fill(folder: Path, tree: Tree, *, tls: tuple[Path, Path] | None, size_limit: str) -> Path:
    """
    Write configuration and data of a slapd to an empty *folder*; return the configuration.

    *tls* is a chain and its key, *size_limit* as slapd has it. Raises `SettingsError` where slapd
    is missing, and `ChildProcessError` when it does not take the tree.
    """
    (folder / "data").mkdir()
    config, ldif = folder / "slapd.conf", folder / "tree.ldif"
    config.write_text(_configuration(folder, tls, size_limit))
    (folder / "root.ldif").write_text(f"dn:\ncurrentTime: {tree.clock}\n" * bool(tree.clock))
    with ldif.open("w") as file:
        file.writelines(entries(tree))
    added = subprocess.run(  # noqa: S603
        [_program("slapadd"), "-q", "-f", str(config), "-l", str(ldif)],
        check=False,
        capture_output=True,
        text=True,
    )
    if added.returncode:
        raise ChildProcessError(f"slapadd ended with status {added.returncode}: {added.stderr}")
    ldif.unlink()
    return config


@contextmanager
def served(
    tree: Tree, port: int, tls_port: int = 0, certificate: DemoCertificate | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a slapd with *tree* on localhost for as long as the context lasts; raises as `fill`."""
    tls = (certificate.chain.resolve(), certificate.key.resolve()) if certificate else None
    with TemporaryDirectory(prefix="directory-") as name:
        config = fill(Path(name), tree, tls=tls, size_limit="unlimited")
        process = subprocess.Popen(command(config, port, tls_port))  # noqa: S603
        try:
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(_SETTLED)
                raise InvalidInput(
                    f"slapd ended at once, with status {status}.", hint="Is a port of it taken?"
                )
            yield process
        finally:
            process.terminate()
            process.wait()


def command(config: Path, port: int, tls_port: int = 0) -> list[str]:
    """Return the command that runs slapd in the foreground, on loopback."""
    urls = [f"ldap://localhost:{port}/"] + [f"ldaps://localhost:{tls_port}/"] * bool(tls_port)
    return [_program("slapd"), "-f", str(config), "-h", " ".join(urls), "-d", "0"]


def entries(tree: Tree) -> Iterator[str]:
    """Yield the LDIF of *tree*, entry by entry."""
    yield _entry(SUFFIX, objectClass=("organization", "dcObject"), o="Example", dc="example")
    for login in (READER, OUTSIDER):
        classes = ("organizationalRole", "simpleSecurityObject")
        name = login.partition(",")[0].removeprefix("cn=")
        yield _entry(login, objectClass=classes, cn=name, userPassword=PASSWORD)
    for branch in (SUBSCRIBERS, CONTACTS, STAFF):
        name = branch.partition(",")[0].removeprefix("ou=")
        yield _entry(branch, objectClass="organizationalUnit", ou=name)
    yield from map(_subscriber, range(tree.subscribers))
    yield from map(_contact, range(tree.contacts))
    yield from map(_member, range(tree.staff))
    yield tree.more


def _subscriber(index: int) -> str:
    first, last = _name(index)
    number = str(_FIRST_NUMBER + index)
    return _entry(
        f"uid=s{number},{SUBSCRIBERS}",
        objectClass=("inetOrgPerson", "subscriberRecord"),
        uid=f"s{number}",
        cn=f"{first} {last}",
        givenName=first,
        sn=last,
        telephoneNumber=number,
        mail=f"s{number}@example.test",
        department=f"Department {index % 10}",
        attr1=_ROLES[index % len(_ROLES)],
        attr2=_PHONES[index % len(_PHONES)],
    )


def _contact(index: int) -> str:
    first, last = _name(index)
    return _entry(
        f"uid=c{index},{CONTACTS}",
        objectClass="contactRecord",
        uid=f"c{index}",
        cn=f"{first} {last}",
        sn=last,
        telephoneNumber=f"+33 1 55 {index:06}",
        mail=f"c{index}@elsewhere.test",
        l="Paris",
        co="France",
        company="Elsewhere",
        attr3="supplier",
    )


def _member(index: int) -> str:
    first, last = _name(index)
    number = str(_FIRST_NUMBER + index)
    return _entry(
        f"cn=m{number},{STAFF}",
        objectClass=("user", "accountRecord"),
        instanceType="4",
        nTSecurityDescriptor="-",
        objectCategory=f"cn=Person,{SUFFIX}",
        cn=f"m{number}",
        objectGUID=UUID(int=_FIRST_NUMBER + index).bytes_le,
        sAMAccountName=f"m{number}",
        givenName=first,
        sn=last,
        mail=f"m{number}@example.test",
        telephoneNumber=number,
        ipPhone="hq",
        employeeType=_ROLES[index % len(_ROLES)],
        department=f"Department {index % 10}",
    )


def _name(index: int) -> tuple[str, str]:
    last = _LAST_NAMES[index // len(_FIRST_NAMES) % len(_LAST_NAMES)]
    return _FIRST_NAMES[index % len(_FIRST_NAMES)], last


def _entry(dn: str, **attributes: str | bytes | tuple[str, ...]) -> str:
    """Return an entry as LDIF; every value in base64, which needs no rules."""
    lines = [f"dn:: {_base64(dn)}"]
    for name, given in attributes.items():
        values = given if isinstance(given, tuple) else (given,)
        lines += [f"{name}:: {_base64(value)}" for value in values]
    return "\n".join(lines) + "\n\n"


def _base64(value: str | bytes) -> str:
    return b64encode(value.encode() if isinstance(value, str) else value).decode()


def _configuration(folder: Path, tls: tuple[Path, Path] | None, size_limit: str) -> str:
    encryption = ""
    if tls:
        encryption = f"TLSCertificateFile {tls[0]}\nTLSCertificateKeyFile {tls[1]}"
    values = {
        "FOLDER": folder,
        "MODULES": "/usr/lib/ldap",
        "OWN_SCHEMA": _HERE / "directory.schema",
        "READER": READER,
        "SCHEMA": _SCHEMA,
        "SIZE_LIMIT": size_limit,
        "SUFFIX": SUFFIX,
        "TLS": encryption,
    }
    text = (_HERE / "slapd.conf").read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def _program(name: str) -> str:
    """Return the path of *name*: Debian keeps servers outside the PATH of ordinary users."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        raise SettingsError(
            f"{name} is not installed.",
            hint="On Debian and Ubuntu: apt-get install --no-install-recommends slapd",
        )
    return found
