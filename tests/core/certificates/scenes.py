"""Chains, good and bad, as servers present them: what is served, and whom clients trust."""

import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import field, frozen
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.core.certificates.authorities import (
    HOST,
    Issued,
    intermediate,
    issue,
    leaf,
    make_key,
    root,
)
from tests.lab.programs import need

OLD, YOUNG = (-400, -10), (10, 400)


@frozen
class Scene:
    """What a server presents, the root that clients trust, and the name they call it."""

    served: Sequence[Issued]
    trusted: Issued
    host: str = field(default=HOST)


@cache
def trusted() -> Issued:
    """The root of most chains."""
    return root()


@cache
def middle() -> Issued:
    """An intermediate authority of that root."""
    return intermediate("Middle", trusted())


def _scene(*served: Issued) -> Scene:
    return Scene(served, trusted())


def _below(**options: object) -> Scene:
    """A good server's certificate under an intermediate authority with these options."""
    by = intermediate("Odd", trusted(), **options)
    return _scene(leaf(by), by)


def _two(*order: int) -> Scene:
    upper = intermediate("Upper", trusted())
    lower = intermediate("Lower", upper)
    own = leaf(lower)
    return _scene(own, *[(lower, upper)[each] for each in order])


def _same_key(first: tuple[int, int], second: tuple[int, int]) -> Scene:
    """Two certificates of one intermediate authority, of different ages."""
    key = make_key()
    one = intermediate("Twice", trusted(), key=key, days=first)
    other = intermediate("Twice", trusted(), key=key, days=second)
    return _scene(leaf(one), one, other)


def _crossed(*, old_first: bool, days: tuple[int, int] = (-1, 90)) -> Scene:
    """An intermediate authority that an old root (unknown to clients) and a new one issued."""
    key, old = make_key(), root("Old Root")
    by_old = intermediate("Crossed", old, key=key, days=days)
    by_new = intermediate("Crossed", trusted(), key=key)
    both = (by_old, by_new) if old_first else (by_new, by_old)
    return _scene(leaf(by_new), *both)


def _crossed_root(trust: str) -> Scene:
    """A new root, which an old one has issued, too: that certificate is served."""
    old = root("Old Root", days=OLD if trust == "expired" else (-1, 90))
    new = root("New Root")
    cross = intermediate("New Root", old, key=new.key)
    below = intermediate("Below", new)
    return Scene((leaf(below), below, cross), old if trust == "old" else new)


def _without_its_way() -> Scene:
    key, old = make_key(), root("Old Root")
    by_old = intermediate("Crossed", old, key=key)
    return _scene(leaf(by_old), by_old)


def _impostor() -> Scene:
    twin = intermediate("Middle", trusted())
    return _scene(leaf(middle()), twin)


def _permitting(domain: str) -> Scene:
    by = intermediate("Odd", trusted(), permitted=domain)
    return _scene(leaf(by, HOST), by)


def _long_path() -> Scene:
    upper = intermediate("Upper", trusted(), path_length=0)
    lower = intermediate("Lower", upper)
    return _scene(leaf(lower), lower, upper)


def _no_authority() -> Scene:
    other = issue("Other", trusted(), names=["other.example.test"])
    return _scene(leaf(other), other)


def _trusting_middle() -> Scene:
    by = intermediate("Anchor", trusted())
    return Scene((leaf(by), by), by)


def _self_signed(*, known: bool) -> Scene:
    own = leaf(None)
    return Scene((own,), own if known else trusted())


def _sha1() -> Scene:
    """Signed by openssl: our library refuses to."""
    by, own = middle(), leaf(middle())
    with TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "by").write_bytes(by.pem + by.key_pem)
        (place / "own").write_bytes(own.pem + own.key_pem)
        (place / "extensions").write_text(f"subjectAltName=DNS:{HOST},DNS:localhost\n")
        command = [need("openssl"), "x509", "-in", "own", "-signkey", "own", "-x509toreq"]
        request = subprocess.run(command, cwd=place, check=True, capture_output=True).stdout
        command = [need("openssl"), "x509", "-req", "-sha1", "-CA", "by", "-CAkey", "by"]
        command += ["-extfile", "extensions", "-days", "30", "-set_serial", "7"]
        made = subprocess.run(command, cwd=place, check=True, capture_output=True, input=request)
    return _scene(Issued(x509.load_pem_x509_certificate(made.stdout), own.key), by)


SCENES: dict[str, Callable[[], Scene]] = {
    "one intermediate": lambda: _scene(leaf(middle()), middle()),
    "issued by the root": lambda: _scene(leaf(trusted())),
    "two intermediates": lambda: _two(0, 1),
    "two intermediates, upside down": lambda: _two(1, 0),
    "upper intermediate missing": lambda: _two(0),
    "lower intermediate missing": lambda: _two(1),
    "both intermediates missing": lambda: _two(),
    "intermediate missing": lambda: _scene(leaf(middle())),
    "root in place of the intermediate": lambda: _scene(leaf(middle()), trusted()),
    "root served, too": lambda: _scene(leaf(middle()), middle(), trusted()),
    "something else served, too": lambda: _scene(
        leaf(middle()), root("Else"), intermediate("Junk", root("Junk Root")), middle()
    ),
    "unknown root": lambda: _scene(leaf(root("Unknown"))),
    "unknown root, served": lambda: _scene(*[leaf(by := root("Unknown")), by]),
    "expired": lambda: _scene(leaf(middle(), days=OLD), middle()),
    "expired intermediate": lambda: _below(days=OLD),
    "expired root": lambda: Scene((leaf(by := root(days=OLD)),), by),
    "not valid yet": lambda: _scene(leaf(middle(), days=YOUNG), middle()),
    "intermediate not valid yet": lambda: _below(days=YOUNG),
    "another name": lambda: _scene(leaf(middle(), "other.example.test"), middle()),
    "an address": lambda: _scene(leaf(middle(), "127.0.0.1"), middle()),
    "called by its address": lambda: Scene(
        (leaf(middle(), "127.0.0.1"), middle()), trusted(), "127.0.0.1"
    ),
    "called by another address": lambda: Scene(
        (leaf(middle(), "127.0.0.2"), middle()), trusted(), "127.0.0.1"
    ),
    "capital letters": lambda: _scene(leaf(middle(), HOST.upper()), middle()),
    "wildcard": lambda: _scene(leaf(middle(), "*.example.test"), middle()),
    "wildcard over two labels": lambda: _scene(leaf(middle(), "*.test"), middle()),
    "wildcard of a whole top level": lambda: Scene(
        (leaf(middle(), "*.test"), middle()), trusted(), "phones.test"
    ),
    "common name only": lambda: _scene(issue(HOST, middle()), middle()),
    "self-signed": lambda: _self_signed(known=False),
    "self-signed, trusted": lambda: _self_signed(known=True),
    "RSA throughout": lambda: _below(key=make_key("rsa-2048")),
    "RSA in the middle, EC below": lambda: _below(key=make_key("rsa-3072")),
    "RSA 1024": lambda: _scene(leaf(middle(), key=make_key("rsa-1024")), middle()),
    "intermediate with RSA 1024": lambda: _below(key=make_key("rsa-1024")),
    "expired and fresh intermediate": lambda: _same_key(OLD, (-1, 90)),
    "fresh and expired intermediate": lambda: _same_key((-1, 90), OLD),
    "cross-signed, old way first": lambda: _crossed(old_first=True),
    "cross-signed, old way expired and first": lambda: _crossed(old_first=True, days=OLD),
    "cross-signed, new way first": lambda: _crossed(old_first=False),
    "only the old way": _without_its_way,
    "cross-signed root, new one trusted": lambda: _crossed_root("new"),
    "cross-signed root, old one trusted": lambda: _crossed_root("old"),
    "cross-signed by an expired root": lambda: _crossed_root("expired"),
    "permitted name": lambda: _permitting("example.test"),
    "name that is not permitted": lambda: _permitting("example.org"),
    "path too long": _long_path,
    "issuer that is no authority": _no_authority,
    "same name, other key": _impostor,
    "for clients only": lambda: _scene(
        leaf(middle(), purpose=ExtendedKeyUsageOID.CLIENT_AUTH), middle()
    ),
    "no purpose": lambda: _scene(leaf(middle(), leave_out=["purpose"]), middle()),
    "no key identifiers": lambda: _below(leave_out=["ski", "aki"]),
    "intermediate without usage": lambda: _below(leave_out=["usage"]),
    "made for 930 days": lambda: _scene(leaf(middle(), days=(-1, 929)), middle()),
    "SHA-1": _sha1,
    "intermediate trusted in place of the root": _trusting_middle,
}
