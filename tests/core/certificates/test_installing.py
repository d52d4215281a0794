"""What an authority sends becomes what our server presents, with the key that it belongs to."""

import ssl
from datetime import UTC, datetime

import pytest
from attrs import evolve

from offhook.certificates.asking import ask, last_answers
from offhook.certificates.installing import install
from offhook.certificates.own import current, load_into, show, stamp
from offhook.certificates.reading import read
from offhook.errors import InvalidInput, SettingsError
from offhook.store import rotation
from tests.core.certificates.authorities import HOST, answer, intermediate, leaf, make_key

NOW = datetime.now(UTC)
ANSWERS = {"country": "CA", "organization": "Example", "key": "ec-256"}


@pytest.fixture
def put(settings, store, trust):
    """Install what files hold."""

    def do(material, **options):
        given = {"trust": trust, "actor": "test", "now": NOW} | options
        return install(settings, store, material, **given)

    return do


@pytest.fixture
def asked(settings, store):
    """A request that was made here."""
    return ask(settings, store, ANSWERS, actor="test", now=NOW)


def audited(store):
    with store.read() as tx:
        return [(each.action, each.subject) for each in tx.audit.latest()]


def test_a_chain_in_any_order_is_installed_with_its_key(put, settings, store, files, own, middle):
    done = put(files(own, middle, own))

    assert done.served
    assert [each.common_name for each in done.certificates] == ["Server", "Middle"]
    assert done.findings == ()
    pair = current(settings, store)
    assert pair.source == "installed"
    assert pair.certificates == (own.certificate, middle.certificate)
    assert pair.key.reveal().encode() == own.key_pem
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_into(context, pair)
    assert audited(store)[0] == ("certificate installed", "Server")


def test_the_key_is_sealed_in_the_database(put, store, files, own, middle):
    put(files(own, middle))
    with store.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM offhook_key_pair").all()

    assert "PRIVATE KEY" not in str(rows)
    assert "BEGIN CERTIFICATE" in str(rows)


def test_the_key_outlives_a_rotation_of_the_keys(put, settings, store, files, own, middle):
    put(files(own, middle))
    path = settings.home / "keys"
    rotation.add_key(path)
    rotation.promote_key(path)
    rotation.reseal(store)
    rotation.drop_old_keys(path)

    assert current(settings, store).key.reveal().encode() == own.key_pem


def test_the_key_of_a_request_made_here_is_found(put, settings, store, asked, files, middle):
    other = ask(settings, store, {}, actor="test", now=NOW)
    signed = answer(asked.pem, middle)

    done = put(files(signed, middle, key=False))

    assert done.findings == ()
    with store.read() as tx:
        kept = {each.id: bool(each.installed_at) for each in tx.key_pairs.all()}
    assert kept == {asked.key_id: True, other.key_id: False}
    assert ("certificate requested", HOST) in audited(store)


def test_the_last_answers_are_used_again(settings, store, asked):
    assert last_answers(settings, store) == ANSWERS | {"common_name": HOST}
    again = ask(settings, store, {"organization": "Other"}, actor="test", now=NOW)

    assert (again.form.country, again.form.organization) == ("CA", "Other")
    assert again.form.common_name == HOST
    assert again.key_id != asked.key_id


def test_answers_that_are_refused_are_not_kept(settings, store):
    with pytest.raises(InvalidInput, match="country"):
        ask(settings, store, {"country": "Canada"}, actor="test", now=NOW)
    assert last_answers(settings, store) == {"common_name": HOST}
    with store.read() as tx:
        assert tx.key_pairs.all() == []


def test_a_key_of_something_else_is_named(put, asked, own, middle):
    wrong = leaf(middle)
    content = own.pem + middle.pem + wrong.key_pem
    with pytest.raises(InvalidInput, match=r"Server belongs to the key \w{12}, but") as caught:
        put(read(content, "other.key"))
    assert "other.key holds the key" in str(caught.value)
    assert "Give the key file" in caught.value.hint


def test_a_wrong_key_is_named_even_where_a_request_would_fit(put, asked, files, middle):
    signed = answer(asked.pem, middle)
    with pytest.raises(InvalidInput, match=r"other\.key holds the key"):
        put(read(signed.pem + leaf(middle).key_pem, "other.key"))


def test_without_any_key_the_requests_are_named(put, asked, files, own, middle):
    with pytest.raises(InvalidInput, match=f"the request of {NOW:%Y-%m-%d} for CN={HOST}"):
        put(files(own, middle, key=False))


def test_a_renewal_for_the_same_key_needs_no_key(put, settings, store, files, own, middle):
    put(files(own, middle))
    renewed = leaf(middle, key=own.key, days=(-1, 200))
    put(files(renewed, middle, key=False))

    assert current(settings, store).certificates[0] == renewed.certificate
    with pytest.raises(InvalidInput, match=f"what was installed on {NOW:%Y-%m-%d} has the key"):
        put(files(leaf(middle), key=False))


def test_without_key_and_request_it_is_said(put, files, own, store):
    with pytest.raises(InvalidInput, match="there is no key at all"):
        put(files(own, key=False))
    with pytest.raises(InvalidInput, match="no certificate in these files"):
        put(read(own.key_pem, "own.key"))
    with store.read() as tx:
        assert tx.key_pairs.all() == []


def test_what_phones_will_refuse_is_among_the_findings(put, files, own, middle, top):
    def codes(*issued):
        return [each.code for each in put(files(*issued)).findings]

    assert codes(own) == ["certificate-missing-intermediate"]
    assert codes(own, top)[0] == "certificate-root-without-intermediate"
    assert codes(leaf(middle, "other.example.test"), middle) == ["certificate-name"]
    assert codes(leaf(middle, days=(-90, 20)), middle) == ["certificate-ends"]
    assert codes(leaf(middle, days=(-90, -1)), middle) == ["certificate-ends"]
    assert codes(leaf(None)) == ["certificate-self-signed"]
    narrow = intermediate("Narrow", top, permitted="example.org")
    assert codes(leaf(narrow), narrow) == ["certificate-doubtful"]


def test_a_missing_link_can_be_fetched(put, files, top):
    by = intermediate("Elsewhere", top)
    own = leaf(by, url="http://ca.example.test/x.cer")

    done = put(files(own), get=lambda url: by.pem)

    assert [each.common_name for each in done.certificates] == ["Server", "Elsewhere"]
    assert done.findings == ()


def test_a_key_that_openssl_refuses_is_refused_and_the_old_one_stays(
    put, settings, store, files, own, middle
):
    put(files(own, middle))
    small = leaf(middle, key=make_key("rsa-1024"))

    with pytest.raises(InvalidInput, match="cannot be served: EE_KEY_TOO_SMALL"):
        put(files(small, middle))
    assert current(settings, store).certificates[0] == own.certificate


def test_a_renewal_takes_the_place_and_the_old_key_goes(put, settings, store, files, own, middle):
    put(files(own, middle))
    before = stamp(settings, store)
    newer = leaf(middle)
    put(files(newer, middle), now=NOW.replace(year=NOW.year + 1))

    assert stamp(settings, store) != before
    assert current(settings, store).certificates[0] == newer.certificate
    with store.read() as tx:
        assert len(tx.key_pairs.all()) == 1


def test_of_an_old_and_a_renewed_one_the_renewed_one_is_installed(
    put, settings, store, files, own, middle
):
    old = leaf(middle, key=own.key, days=(-90, 5))
    put(files(old, own, middle))

    assert current(settings, store).certificates == (own.certificate, middle.certificate)


def test_files_of_the_settings_win(put, settings, store, files, own, middle, trust, tmp_path):
    (tmp_path / "chain.pem").write_bytes(own.pem + middle.pem)
    (tmp_path / "own.key").write_bytes(own.key_pem)
    named = evolve(
        settings,
        certificate=str(tmp_path / "chain.pem"),
        private_key=str(tmp_path / "own.key"),
    )
    done = install(named, store, files(leaf(middle), middle), trust=trust, actor="", now=NOW)

    assert not done.served
    assert current(named, store).certificates[0] == own.certificate
    shown = show(named, store, trust=trust, now=NOW)
    assert (shown.source, shown.findings) == ("settings", ())
    before = stamp(named, store)
    (tmp_path / "own.key").write_bytes(leaf(middle).key_pem + b"\n")
    assert stamp(named, store) != before
    with pytest.raises(SettingsError, match="does not belong to the certificate"):
        current(named, store)


def test_nothing_is_shown_where_there_is_nothing(settings, store, trust):
    assert show(settings, store, trust=trust, now=NOW) is None
    assert current(settings, store) is None
    assert stamp(settings, store) == ""
