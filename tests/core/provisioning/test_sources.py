"""A source is read whole or not at all; what it holds is checked, merged and offered."""

from datetime import timedelta

import pytest

from offhook import generic
from offhook.api import Secret, Skipped, SourceUser, Unreachable
from offhook.doors import Plugins
from offhook.errors import InvalidInput, OffhookError, PluginError
from offhook.provisioning import connections, merging, sources
from tests.core.provisioning.syncing import Site, person


@pytest.fixture
def site(store, now):
    """A site with one PBX."""
    return Site.build(store, now)


def test_a_reading_counts_users_and_names_what_is_left_out(site):
    site.hold(person("1"), Skipped("2", "no deployable phone"), person("3", email="no address"))

    (reading,) = site.read()

    assert (reading.users, reading.skipped) == (1, 2)
    with site.store.read() as tx:
        assert [(each.key, each.reason) for each in tx.sources.skipped("hq", 10)] == [
            ("2", "no deployable phone"),
            ("3", "E-mail 'no address': use one e-mail address, name@example.org"),
        ]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (person("1", "99"), "another entry before it has the same key"),
        (person("9", "1"), "another entry before it has the same number, or MBG SIP user name"),
        (
            person("9", "1", pbx="MAIN"),
            "another entry before it has the same number, or MBG SIP user name",
        ),
    ],
)
def test_a_second_entry_of_one_key_or_number_is_left_out(site, second, reason):
    site.hold(person("1"), second, person("2"), person("3", "1", pbx="other"))

    assert [(each.users, each.skipped) for each in site.read()] == [(3, 1)]
    with site.store.read() as tx:
        assert [each.reason for each in tx.sources.skipped("hq", 10)] == [reason]


def test_a_source_that_fails_half_way_changes_nothing_and_says_how_far_it_came(site):
    site.hold(person("1"), person("2"))
    site.take_all()
    site.hold(person("1", last_name="Other"), person("3"))
    site.pbx.fails["hq"] = Unreachable("The line broke.", hint="Try again.")

    with pytest.raises(Unreachable) as caught:
        site.take_all()

    assert caught.value.hint == "Try again. It ended after 2 entries; nothing was changed."
    assert site.users() == ["hq/1", "hq/2"]
    assert [each.number for each in site.offers().offers] == ["1", "2"]
    assert site.events() == [("source-unreadable", "hq")]
    with site.store.read() as tx:
        assert tx.sources.get("hq").error == "The line broke."

    site.pbx.fails.clear()
    site.read()
    assert site.events() == []
    assert [each.number for each in site.offers().offers] == ["1", "3"]


def test_of_two_readings_at_once_the_one_that_began_later_counts(site):
    site.hold(person("1"), person("2"))
    site.take_all()

    class Others:
        """Somebody else reads the same source while the first user is on its way."""

        def __iter__(self):
            site.hold(person("1"), person("3"))
            site.read()
            yield from (person("1"), person("2"))

    site.pbx.holds["hq"] = Others()
    with pytest.raises(InvalidInput, match="Somebody else has begun to read the users of hq"):
        site.read()

    assert [each.number for each in site.offers().offers] == ["1", "3"]
    assert [line.what for line in site.take_all().lines] == ["added", "gone"]


def test_a_field_that_users_do_not_have_is_a_fault_of_the_plugin(site):
    site.hold(person("1", shoe_size="44"))
    with pytest.raises(PluginError, match="shoe_size"):
        site.read()


def test_records_of_one_number_and_pbx_are_one_person(site):
    site.connect("ad")
    site.hold(person("guid-1", "1", first_name="", phone="UC"), source="ad")
    site.hold(person("1", first_name="Anna", email="anna@example.org", role="Staff"))
    site.read("hq", "ad")

    page = site.offers("ad", "hq")

    (offer,) = page.offers
    assert (offer.name, offer.email, offer.role, offer.phone) == (
        "Anna Ruiz guid-1",
        "guid-1@example.org",
        "Staff",
        "UC",
    )
    assert offer.sources == ("ad", "hq")
    assert [
        (each.field, each.kept, each.by, each.other, each.other_by) for each in offer.conflicts
    ] == [
        ("last_name", "Ruiz guid-1", "ad", "Ruiz 1", "hq"),
        ("email", "guid-1@example.org", "ad", "anna@example.org", "hq"),
    ]


def test_a_gateway_s_record_is_found_by_its_user_name_and_wins_for_its_fields(site):
    site.connect("edge")
    site.hold(person("1", gateway_username="ruiza-1"))
    gateway = {"gateway_username": "ruiza-1", "gateway_password": Secret("s"), "last_name": "R."}
    site.hold(
        SourceUser(key="77", kind="gateway", fields=gateway),
        SourceUser(key="78", kind="gateway", fields={"gateway_username": "nobody-9"}),
        source="edge",
    )

    site.read("edge", "hq")

    offers = {each.gateway_username: each for each in site.offers("edge").offers}
    assert offers["ruiza-1"].sources == ("hq", "edge")
    assert offers["ruiza-1"].name == "Ana Ruiz 1"
    assert offers["nobody-9"].sources == ("edge",)
    site.take_all("edge")
    assert site.user("hq/1").gateway_password == Secret("s")
    assert "MBG" in merging.RULE


def test_offers_come_in_pages_and_say_who_is_here(site):
    site.hold(*(person(str(number)) for number in range(101, 106)))
    site.read()
    site.take_all(numbers={"103"})

    seen, after = [], ""
    while True:
        page = site.offers(after=after, limit=2)
        assert page.total == 5
        seen += [(each.user, each.imported) for each in page.offers]
        after = page.next
        if not after:
            break

    assert seen == [(f"hq/{number}", number == 103) for number in range(101, 106)]


def test_only_connections_whose_plugins_list_users_are_sources(site):
    assert sources.names(site.store, site.plugins) == ["hq"]
    connections.remove(site.store, "hq", actor="me", now=site.now)
    with pytest.raises(InvalidInput, match="no connection that users come from"):
        sources.names(site.store, site.plugins)


def test_a_plugin_that_is_not_there_is_the_reason_that_is_named(site):
    with pytest.raises(OffhookError, match="acme") as caught:
        sources.names(site.store, Plugins({"generic": generic}), ["hq"])
    assert "reads none" not in str(caught.value)


def test_a_source_is_due_when_its_time_has_come(site):
    queue, running = [], set()

    def enqueue(tx, name, *ids, delay=None):
        queue.append((name, *ids))

    def pass_by(**time):
        queue.clear()
        sources.enqueue_due(
            site.store, enqueue, lambda name: running, now=site.now + timedelta(**time)
        )
        return list(queue)

    assert pass_by() == []
    sources.schedule(
        site.store, site.plugins, "hq", every=60, automatic=True, actor="me", now=site.now
    )
    assert pass_by(minutes=1) == [("sync", "hq")]
    assert pass_by(minutes=60) == []
    assert pass_by(minutes=61) == [("sync", "hq")]
    running.add(("hq",))
    assert pass_by(minutes=130) == []
    running.clear()
    assert pass_by(minutes=131) == [("sync", "hq")]


def test_a_connection_whose_users_are_here_stays(site):
    site.hold(person("1"))
    site.take_all()
    with pytest.raises(InvalidInput, match="1 users come from it"):
        connections.remove(site.store, "hq", actor="me", now=site.now)
