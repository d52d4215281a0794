"""The deployment mail: our template, the site's own text, and who gets it."""

import html
import re
from datetime import UTC, datetime

import pytest
from attrs import evolve

from offhook.errors import InvalidInput
from offhook.model.documents import ClientFormat
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import invitations, placeholders, tokens
from offhook.provisioning.invitations import Texts
from tests.lab.zbar import read_qr

BASE = "https://phones.example.org:8443"
TOKEN = Secret("7K3QZ-9XWVB-ABCDE-FGHJK")
WHEN = datetime(2030, 3, 1, 12, tzinfo=UTC)
CLIENT = ClientFormat(
    name="linphone",
    label="Linphone",
    version=1,
    content_type="application/xml",
    deep_link=lambda address: f"linphone-config:{address}",
    stores={"appstore": "https://apps.example.org/1", "playstore": "https://play.example.org/2"},
)
PLAIN = Texts(stores={})
OWN = "Dear [####firstname####] {{ 7*7 }}\n<[####link####]>\n[####qrcode####]\n[####authtoken####]"
AWKWARD = ["Jürgen O'Neill-Müßig", "<script>alert(1)</script>", "Юлия & Co", "👩🏽‍💻", "x" * 60]


@pytest.fixture
def user():
    return User(
        id="u1",
        profile="default",
        first_name="Ana",
        last_name="Ruiz",
        number="2001",
        email="ana@example.org",
        created_at=WHEN,
    )


@pytest.fixture
def deployment():
    new = tokens.issue("u1", Settings(), campaign_id="c", now=WHEN).deployment
    message_id = invitations.message_id_of(new.id, BASE)
    return evolve(new, recipient="ana@example.org", message_id=message_id)


def write(user, deployment, texts=PLAIN, client=CLIENT):
    return invitations.write(user, deployment, TOKEN, texts, client, BASE)


def test_our_mail_holds_link_code_token_and_stores(user, deployment):
    message = write(user, deployment)

    assert message.to == "ana@example.org"
    assert message.subject == "Your softphone: Ana Ruiz (2001)"
    for part in (message.text, message.html):
        assert f"{BASE}/d/7K3QZ-9XWVB-ABCDE-FGHJK" in part
        assert "https://apps.example.org/1" in part
        assert "7K3QZ-9XWVB-ABCDE-FGHJK" in part
        assert "Ana" in part
    assert "Windows" not in message.text + message.html
    assert "[###" not in message.text + message.html


@pytest.mark.lab
def test_the_code_in_the_mail_is_the_address_that_a_client_fetches(user, deployment):
    message = write(user, deployment)
    [image] = message.images

    assert read_qr(image.data) == f"{BASE}/c/7K3QZ-9XWVB-ABCDE-FGHJK"
    assert f'src="cid:{image.name}"' in message.html


def test_the_html_loads_nothing_from_elsewhere(user, deployment):
    message = write(user, deployment)

    assert re.findall(r'src="(?!cid:)', message.html) == []
    assert re.search(r"<(script|link|iframe|style)\b|url\(", message.html) is None


def test_every_attempt_has_the_same_message_id_wherever_the_server_has_moved(user, deployment):
    message = invitations.write(user, deployment, TOKEN, PLAIN, CLIENT, "https://new.example.org")

    assert message.message_id == f"<{deployment.id}@phones.example.org>"
    assert message.key == deployment.id


@pytest.mark.parametrize("texts", [PLAIN, Texts(body=f"{OWN}\n[####page####]", stores={})])
def test_the_mail_says_where_the_token_can_be_typed(user, deployment, texts):
    message = write(user, deployment, texts)

    for part in (message.text, message.html):
        assert re.search(rf"{BASE}/d(?!/)", part)


def test_a_pin_is_hinted_at_and_never_told(user, deployment):
    user = evolve(user, pin=Secret("48151623"))

    for texts in (PLAIN, Texts(body=OWN, stores={})):
        message = write(user, deployment, texts)
        for part in (message.subject, message.text, message.html):
            assert "48151623" not in part
        assert "camera" in message.text
        assert "camera" in message.html


@pytest.mark.parametrize("texts", [PLAIN, Texts(body=OWN, stores={})], ids=["ours", "own"])
def test_who_types_into_the_app_is_sent_to_the_page_by_the_camera(user, deployment, texts):
    client = evolve(CLIENT, signs_in=True)

    for part in ("text", "html"):
        assert "camera" not in getattr(write(user, deployment, texts), part)
        assert "camera" in getattr(write(user, deployment, texts, client), part)


@pytest.mark.parametrize("texts", [PLAIN, Texts(body=OWN, stores={})], ids=["ours", "own"])
def test_where_people_sign_in_by_a_directory_the_mail_says_so(user, deployment, texts):
    message = invitations.write(user, deployment, TOKEN, texts, CLIENT, BASE, directory_signin=True)

    for part in ("text", "html"):
        assert "directory" not in getattr(write(user, deployment, texts), part)
        assert "your company" in getattr(message, part)


def test_without_a_pin_nothing_is_said_of_it(user, deployment):
    message = write(user, deployment)

    assert "PIN" not in message.text + message.html


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("texts", [PLAIN, Texts(body=OWN, stores={})], ids=["ours", "own"])
def test_an_awkward_name_is_shown_as_it_is(user, deployment, name, texts):
    message = write(evolve(user, first_name=name), deployment, texts)

    assert name in message.text
    assert "<script" not in message.html
    assert name in html.unescape(message.html)


@pytest.mark.parametrize("texts", [PLAIN, Texts(subject="Hi [####firstname####]", stores={})])
@pytest.mark.parametrize("evil", ["A\r\nBcc: x@example.org", "A\nB", "A\u2028B", "A\0B\x85C"])
def test_no_header_can_be_smuggled_in(user, deployment, texts, evil):
    user = evolve(user, first_name=evil, last_name=evil, number=evil)
    deployment = evolve(deployment, recipient=f"ana@example.org{evil}")

    message = write(user, deployment, texts)

    for line in (message.subject, message.to):
        assert line.isprintable()
        assert len(line.splitlines()) == 1


def test_the_sites_own_text_is_used_as_written(user, deployment):
    message = write(user, deployment, Texts(subject="Hi [####dn####]", body=OWN, stores={}))

    assert message.subject == "Hi 2001"
    assert message.text.startswith("Dear Ana {{ 7*7 }}\n")
    assert "{{ 7*7 }}" in message.html
    assert f'<a href="{BASE}/d/{TOKEN.reveal()}"' in message.html
    assert 'src="cid:qrcode"' in message.html


def test_subject_and_body_fall_back_separately(user, deployment):
    own_subject = write(user, deployment, Texts(subject="Hi", stores={}))
    own_body = write(user, deployment, Texts(body="Ho", stores={}))

    assert (own_subject.subject, "Install" in own_subject.html) == ("Hi", True)
    assert own_body.subject == "Your softphone: Ana Ruiz (2001)"
    assert own_body.text == "Ho\n"


def test_a_stores_address_can_be_replaced_and_dropped(user, deployment):
    texts = Texts(stores={"appstore": "https://intranet.example.org/app", "playstore": ""})

    message = write(user, deployment, texts)

    for part in (message.text, message.html):
        assert "https://intranet.example.org/app" in part
        assert "Android" not in part


def test_texts_are_kept_and_go_back_to_the_default(store, now):
    def save(**texts):
        return invitations.save(store, **texts, actor="me", now=now)

    def load():
        with store.read() as tx:
            return invitations.load(tx)

    assert load() == PLAIN
    assert save(subject="S", body=f"{OWN}\n") == []
    save(stores={"winpc": "https://w.example.org/", "playstore": "none"})
    chosen = {"winpc": "https://w.example.org/", "playstore": ""}
    assert load() == Texts(subject="S", body=OWN, stores=chosen)
    save(subject="", stores={"playstore": "", "winpc": ""})
    assert load() == Texts(body=OWN, stores={})


def test_an_unusable_text_changes_nothing(store, now):
    bad = [
        {"subject": "S", "body": "[####nope####]"},
        {"subject": "S", "stores": {"playstore": "javascript:alert(1)"}},
        {"subject": "S", "stores": {"play": "https://play.example.org"}},
    ]
    for texts in bad:
        with pytest.raises(InvalidInput):
            invitations.save(store, **texts, actor="me", now=now)
    with store.read() as tx:
        assert invitations.load(tx) == PLAIN


def test_the_default_text_passes_its_own_check():
    assert placeholders.check(invitations.DEFAULT_SUBJECT, invitations.default_body()) == []
    for name in placeholders.KNOWN:
        assert f"{name}##" in invitations.default_body()


@pytest.mark.parametrize(
    ("override", "own", "fallback", "expected"),
    [
        (True, "ana@example.org", "desk@example.org", ("desk@example.org", invitations.OVERRIDE)),
        (False, "ana@example.org", "desk@example.org", ("ana@example.org", invitations.OWN)),
        (False, "", "desk@example.org", ("desk@example.org", invitations.FALLBACK)),
        (False, "", "", ("", invitations.FALLBACK)),
        (True, "ana@example.org", "", ("", invitations.OVERRIDE)),
    ],
)
def test_the_recipient_is_chosen_by_rule(user, override, own, fallback, expected):
    settings = Settings(override_email=override, deployment_email=fallback)

    assert invitations.recipient_of(evolve(user, email=own), settings) == expected


@pytest.mark.parametrize("email", ["", "not an address", "a@b"])
def test_an_address_that_cannot_be_used_is_a_reason(user, email):
    assert invitations.why_no_recipient(evolve(user, email=email), Settings())
    assert not invitations.why_no_recipient(user, Settings())
