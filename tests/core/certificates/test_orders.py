"""Any heap of certificates comes out in order, or it is said why it cannot be ordered."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from offhook.certificates.orders import Ordered, order
from offhook.certificates.reading import Material, read
from offhook.certificates.trust import Trust
from offhook.certificates.views import is_self_signed, issued, title
from offhook.errors import InvalidInput
from tests.core.certificates.authorities import (
    HOST,
    Issued,
    intermediate,
    issue,
    leaf,
    make_key,
    root,
)

NOW = datetime.now(UTC)
OLD = (-400, -10)
URL = "http://ca.example.test/middle.cer"


@frozen
class Family:
    """Certificates of one authority, with everything that people mix in."""

    root: Issued
    upper: Issued
    middle: Issued
    own: Issued
    renewed: Issued
    cross: Issued
    other: Issued
    stranger: Issued
    lonely: Issued
    twin: Issued
    expired: Issued


@cache
def family() -> Family:
    top, old = root(), root("Old Root")
    upper = intermediate("Upper", top)
    key = make_key()
    middle = intermediate("Middle", upper, key=key)
    own = leaf(middle, url=URL)
    return Family(
        root=top,
        upper=upper,
        middle=middle,
        own=own,
        renewed=leaf(middle, key=own.key),
        cross=intermediate("Test Root", old, key=top.key),
        other=old,
        stranger=intermediate("Stranger", root("Elsewhere")),
        lonely=leaf(None, "lonely.example.test"),
        twin=intermediate("Middle", upper),
        expired=intermediate("Middle", upper, key=key, days=OLD),
    )


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """Clients that know the family's root."""
    return trusting(tmp_path_factory.mktemp("trust"), family().root)


def trusting(folder: Path, *roots: Issued) -> Trust:
    path = folder / "roots.pem"
    path.write_bytes(b"".join(each.pem for each in roots))
    return Trust(str(path))


def put(trust: Trust, *members: Issued) -> Ordered:
    return order([each.certificate for each in members], trust, NOW)


def chain(*members: Issued) -> tuple[x509.Certificate, ...]:
    return tuple(each.certificate for each in members)


def test_order_comes_out_of_disorder_without_root_and_repetitions(trust):
    its = family()
    found = put(trust, its.root, its.upper, its.own, its.middle, its.own, its.upper)

    assert found.chain == chain(its.own, its.middle, its.upper)
    assert (found.root, found.trusted) == (its.root.certificate, True)
    assert (found.repeated, found.left_out, found.missing) == (2, (), None)


def test_a_root_that_clients_have_need_not_be_there(trust):
    its = family()
    found = put(trust, its.own, its.upper, its.middle)

    assert (found.root, found.missing) == (its.root.certificate, None)


def test_who_is_missing_is_named_with_where_to_get_it(trust):
    its = family()
    found = put(trust, its.own, its.upper)

    assert found.chain == chain(its.own)
    assert found.missing.name == "CN=Middle"
    assert found.missing.issued == "Server"
    assert found.missing.urls == (URL,)
    assert found.left_out == chain(its.upper)


def test_a_root_that_nobody_knows_is_left_out_and_not_missing(tmp_path):
    its = family()
    found = put(trusting(tmp_path, its.other), its.own, its.middle, its.upper, its.root)

    assert found.chain == chain(its.own, its.middle, its.upper)
    assert (found.root, found.trusted) == (its.root.certificate, False)


def test_of_two_ways_the_trusted_one_is_taken(tmp_path):
    its = family()
    heap = (its.own, its.middle, its.upper, its.root, its.cross)

    for more in ((), (its.other,)):
        found = put(trusting(tmp_path, its.root), *heap, *more)
        assert found.chain == chain(its.own, its.middle, its.upper)
    without = put(trusting(tmp_path, its.root), its.own, its.middle, its.upper, its.cross)
    assert (without.chain, without.trusted) == (found.chain, True)
    found = put(trusting(tmp_path, its.other), *heap)
    assert found.chain == chain(its.own, its.middle, its.upper, its.cross)
    assert found.root == its.other.certificate


def test_of_two_trusted_ways_the_longer_one_is_for_older_phones_too(tmp_path):
    its = family()
    both = trusting(tmp_path, its.root, its.other)

    assert its.cross.certificate in put(both, its.own, its.middle, its.upper, its.cross).chain


def test_a_valid_link_is_preferred_to_an_expired_twin(trust):
    its = family()
    found = put(trust, its.own, its.expired, its.middle, its.upper)

    assert found.chain == chain(its.own, its.middle, its.upper)
    assert found.left_out == chain(its.expired)


def test_one_of_the_same_name_with_another_key_is_not_taken_for_the_issuer(trust):
    its = family()
    found = put(trust, its.own, its.twin, its.upper)

    assert found.chain == chain(its.own)
    assert found.missing.name == "CN=Middle"


def test_a_self_signed_certificate_is_a_chain_of_one(trust):
    lonely = family().lonely
    found = put(trust, lonely)

    assert found.chain == chain(lonely)
    assert (found.root, found.trusted, found.missing) == (None, False, None)


def test_intermediates_alone_are_ordered_too(trust):
    its = family()

    assert put(trust, its.upper, its.middle, its.root).chain == chain(its.middle, its.upper)


def test_two_servers_are_too_many(trust):
    its = family()
    with pytest.raises(InvalidInput, match=r"of several servers: Server \(until 20") as caught:
        put(trust, its.own, its.renewed, its.middle)
    assert caught.value.hint


def test_a_circle_has_no_end(trust):
    one, two = root("One"), root("Two")
    circle = intermediate("One", two, key=one.key), intermediate("Two", one, key=two.key)

    with pytest.raises(InvalidInput, match="no end of a chain"):
        put(trust, *circle)


MEMBERS = st.sampled_from(list(Family.__annotations__))


@given(st.lists(MEMBERS, min_size=1, max_size=12))
def test_every_heap_is_in_order_afterwards_or_refused_with_a_reason(names: Sequence[str]) -> None:
    its = family()
    heap = [getattr(its, name).certificate for name in names]
    known = _known()
    if not is_clear(set(heap)):
        with pytest.raises(InvalidInput, match=r"several servers|do not belong together"):
            order(heap, known, NOW)
        return
    found = order(heap, known, NOW)
    for lower, upper in zip(found.chain, found.chain[1:], strict=False):
        assert issued(upper, lower)
    assert len(found.chain) == 1 or not any(is_self_signed(each) for each in found.chain)
    assert found.repeated == len(heap) - len(set(heap))
    kept = {*found.chain, *found.left_out} | ({found.root} if found.root else set())
    assert set(heap) <= kept
    assert len({*found.chain}) == len(found.chain)
    last = found.chain[-1]
    if found.missing:
        assert not any(issued(each, last) for each in (*heap, *known.roots))
    else:
        assert is_self_signed(last) or issued(found.root, last)


@st.composite
def hierarchies(draw: st.DrawFn) -> tuple[list[Issued], list[Issued], list[bytes]]:
    """
    Draw authorities, each issued by an earlier one or by itself, and a server below one of them.

    Returns the way from the server to its root, the same without what is missing, and what an
    authority might send: some of it repeated, in any order and in any format.
    """
    made: list[Issued] = []
    parents: list[int] = []
    for number in range(draw(st.integers(1, 6))):
        above = draw(st.integers(-1, number - 1))
        by = made[above] if above >= 0 else None
        made.append(issue(f"CA {number}", by, authority=True, key=KEYS[number]))
        parents.append(above)
    at = draw(st.integers(0, len(made) - 1))
    own = issue("Server", made[at], names=[HOST], key=KEYS[-1])
    way = [own]
    while at >= 0:
        way.append(made[at])
        at = parents[at]
    given = draw(st.sets(st.sampled_from(range(len(made)))))
    there = [own, *(made[each] for each in sorted(given))]
    heap = draw(st.permutations(there + draw(st.lists(st.sampled_from(there), max_size=3))))
    forms = draw(st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=3))
    files = [FORMS[forms[place % len(forms)]](each) for place, each in enumerate(heap)]
    present = [each for place, each in enumerate(way) if all(e in there for e in way[: place + 1])]
    return way, present, files


KEYS = [make_key() for _ in range(7)]
FORMS = {
    "pem": lambda each: each.pem,
    "windows": lambda each: each.pem.replace(b"\n", b"\r\n"),
    "der": lambda each: each.certificate.public_bytes(Encoding.DER),
    "pkcs7": lambda each: pkcs7.serialize_certificates([each.certificate], Encoding.DER),
}


@given(hierarchies(), st.booleans())
def test_files_of_any_hierarchy_become_the_way_upwards_as_far_as_it_is_there(
    drawn: tuple[list[Issued], list[Issued], list[bytes]], known: bool
) -> None:
    way, present, files = drawn
    trust = Trust()
    trust.roots = (way[-1].certificate,) if known else ()
    read_back = sum((read(each, "file") for each in files), Material()).certificates

    found = order(read_back, trust, NOW)

    root_there = len(present) == len(way)
    assert found.chain == chain(*(present[:-1] if root_there else present))
    assert found.trusted == (known and len(present) >= len(way) - 1)
    lacks = None if root_there or found.trusted else present[-1].certificate.issuer
    assert (found.missing.name if found.missing else None) == (lacks and title(lacks))


def is_clear(heap: set[x509.Certificate]) -> bool:
    """Tell whether one certificate alone can be the first: a server's, else one at the end."""
    its = family()
    servers = heap & {*chain(its.own, its.renewed, its.lonely)}
    ends = {each for each in heap if not any(issued(each, other) for other in heap - {each})}
    ends = {each for each in ends if not is_self_signed(each)} or ends
    return len(servers or ends) == 1


@cache
def _known() -> Trust:
    """Clients that know the family's root, without a file."""
    made = Trust()
    made.roots = (family().root.certificate,)
    return made
