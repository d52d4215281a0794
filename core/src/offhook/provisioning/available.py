"""Whom the sources offer, page by page: merged, and marked where the person is a user already."""

from collections.abc import Sequence

from attrs import frozen

from offhook.model.users import key_of
from offhook.provisioning import merging
from offhook.provisioning.merging import Conflict, Person
from offhook.store.store import Store, Transaction


@frozen(kw_only=True)
class Offer:
    """A person as all sources together have it; ``user`` is how the user is, or would be, named."""

    user: str
    imported: bool
    number: str
    name: str
    pbx: str
    email: str
    gateway_username: str
    client_service_username: str
    role: str
    phone: str
    sources: tuple[str, ...]
    conflicts: tuple[Conflict, ...]


@frozen(kw_only=True)
class OfferPage:
    """A page of offers; ``next`` is given back as ``after`` for the following one."""

    offers: tuple[Offer, ...]
    total: int
    next: str


def page(store: Store, sources: Sequence[str], *, after: str = "", limit: int = 50) -> OfferPage:
    """Return whom *sources* offer as they were read last, in a steady order."""
    with store.read() as tx:
        groups = tx.sources.groups(sources, after=after, limit=limit + 1)
        persons = [merging.merge(each) for each in groups[:limit]]
        total = tx.sources.count(sources)
        offers = tuple(_offer(tx, each) for each in persons)
    last = persons[-1].first.merge if len(groups) > limit else ""
    return OfferPage(offers=offers, total=total, next=last)


def _offer(tx: Transaction, person: Person) -> Offer:
    first = person.first
    known = [
        user
        for each in person.records
        for user in tx.imported.by_source(each.connection, [each.user.key])
    ]
    return Offer(
        user=known[0].key if known else key_of(first.user.key, first.connection, person.number),
        imported=bool(known),
        number=person.number,
        name=person.name,
        pbx=next((each.user.pbx for each in person.records if each.user.pbx), ""),
        email=str(person.fields.get("email", "")),
        gateway_username=str(person.fields.get("gateway_username", "")),
        client_service_username=str(person.fields.get("client_service_username", "")),
        role=person.role,
        phone=next((each.user.phone for each in person.records if each.user.phone), ""),
        sources=tuple(each.connection for each in person.records),
        conflicts=person.conflicts,
    )
