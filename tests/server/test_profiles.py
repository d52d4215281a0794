"""The portal's form of a profile: made from what describes the settings, saved and validated."""

import html
import shlex
from html.parser import HTMLParser

import pytest

from offhook.api import Settings, describe
from offhook.model.settings.words import EMERGENCY_NUMBERS
from offhook.provisioning import profiles
from tests.server.conftest import OWN

PAGE = "/profiles/default"


class Form(HTMLParser):
    """What stands in the fields of a page's form, as a browser would send it back."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._area = ""
        self._picked: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("type") != "checkbox":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select:
            chosen = self._select not in self.fields or "selected" in given
            self._picked = given.get("value", "+text") if chosen else None
            if self._picked not in (None, "+text"):
                self.fields[self._select] = self._picked
        elif tag == "textarea":
            self._area, self.fields[given["name"]] = given["name"], ""

    def handle_data(self, data):
        if self._area:
            self.fields[self._area] += data
        elif self._picked == "+text":
            self.fields[self._select] = data

    def handle_endtag(self, tag):
        if tag == "option":
            self._picked = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


@pytest.fixture
def fill(logged_in):
    """Open the form, change fields, and send it as a browser does; follows to what comes."""

    def send(**changes):
        fields = Form(logged_in.get(PAGE).text).fields
        typed = {name.replace("__", "."): text for name, text in changes.items()}
        answer = logged_in.post(PAGE, data=fields | typed, headers=OWN)
        if answer.status_code != 303:
            return answer
        return logged_in.get(answer.headers["location"])

    return send


def saved(site):
    with site.store.read() as tx:
        return profiles.get(tx, "default")


def test_the_list_leads_to_every_profile(logged_in, site):
    profiles.create(site.store, site.app.plugins, "a/b & c", {}, actor="me", now=site.app.now())

    page = logged_in.get("/profiles").text

    assert 'href="/profiles/default"' in page
    assert 'href="/profiles/a/b%20%26%20c"' in page
    assert "a/b &amp; c" in logged_in.get("/profiles/a/b%20%26%20c").text


def test_there_is_a_field_for_every_setting_with_its_help_and_one_for_its_mode(logged_in):
    page = logged_in.get(PAGE).text
    fields = Form(page).fields

    for name, each in describe(Settings).items():
        assert name in fields
        assert f'id="{name}-help"' in page
        by_value = name in ("use_softphone", "use_teleworker")
        assert (f"{name}.mode" in fields) == (each.told and not by_value), name
    assert fields["client_format"] == "linphone"


def test_a_form_that_is_sent_back_as_it_came_changes_nothing(fill, site):
    before = saved(site)

    assert "Saved." in fill().text

    assert saved(site) == before


def test_values_and_modes_are_saved_and_audited_under_the_administrators_name(fill, site):
    page = fill(srtp_mode="mandatory", sip_port="5071", call_mode__mode="forced").text

    found = saved(site)
    assert found.settings["srtp_mode"] == "mandatory"
    assert found.settings["sip_port"] == 5071
    assert found.modes == {"call_mode": "forced"}
    assert "Saved." in page
    with site.store.read() as tx:
        last = tx.audit.latest()[0]
    assert (last.actor, last.action) == ("admin", "profile changed")
    assert fill(srtp_mode="", call_mode__mode="").status_code == 200
    assert "srtp_mode" not in saved(site).settings
    assert saved(site).modes == {}


def test_what_cannot_be_saved_is_named_at_its_field_and_what_was_typed_is_kept(fill, site):
    before = saved(site)

    answer = fill(sip_port="70000", webrtc_host="10.0.0.1", pbx_host="pbx.example.org")

    assert answer.status_code == 409
    assert answer.text.count("Nothing was saved.") == 1
    for name, text in (("sip_port", "70000"), ("webrtc_host", "10.0.0.1")):
        assert f'<a href="#{name}">' in answer.text
        assert Form(answer.text).fields[name] == text
    assert Form(answer.text).fields["pbx_host"] == "pbx.example.org"
    assert saved(site) == before


def test_a_form_that_is_older_than_the_profile_is_refused(logged_in, site):
    fields = Form(logged_in.get(PAGE).text).fields
    changed = {"actor": "other", "now": site.app.now()}
    profiles.edit(site.store, site.app.plugins, "default", {"sip_port": "5099"}, **changed)

    answer = logged_in.post(PAGE, data=fields | {"sip_port": "5071"}, headers=OWN)

    assert answer.status_code == 409
    assert "somebody has changed it since" in answer.text
    assert saved(site).settings["sip_port"] == 5099


def test_emergency_numbers_are_taken_away_only_when_that_is_confirmed(fill, site):
    rest = ",".join(each for each in EMERGENCY_NUMBERS if each != "911")

    asked = fill(emergency_numbers=rest)
    assert asked.status_code == 409
    assert "it takes 911 away" in asked.text
    assert 'name="sure"' in asked.text

    assert fill(emergency_numbers=rest, sure="on").status_code == 200
    assert "911" not in saved(site).settings["emergency_numbers"]


def test_validating_says_all_and_saving_only_what_is_to_be_known(fill):
    page = fill(sip_transport="tcp").text
    assert "HTC One" in page

    assert page.count("<li class=") < fill(validate="yes").text.count("<li class=")


def test_texts_of_settings_cannot_become_markup(fill, logged_in):
    fill(conference_code="")
    answer = fill(pbx_host='"><script>x</script>')

    assert "<script>" not in answer.text
    assert Form(answer.text).fields["pbx_host"] == '"><script>x</script>'


def test_what_was_confirmed_stays_so_while_something_else_is_corrected(fill, site):
    answer = fill(emergency_numbers="112", sip_port="70000", sure="on")

    assert answer.status_code == 409
    assert '<input type="checkbox" name="sure" checked>' in answer.text
    assert '<input type="checkbox" name="sure">' in fill(emergency_numbers="112").text


def test_a_command_on_the_page_can_be_pasted_into_a_shell(logged_in, site):
    name = "A's & Co"
    profiles.create(site.store, site.app.plugins, name, {}, actor="me", now=site.app.now())

    shown = html.unescape(logged_in.get("/profiles").text)

    assert f"offhook profiles copy {shlex.quote(name)} NEW" in shown


def test_what_is_not_there_is_not_found_and_strangers_see_nothing(logged_in, portal, site):
    assert logged_in.get("/profiles/nobody").status_code == 404
    logged_in.cookies.clear()
    for path in ("/profiles", PAGE):
        assert portal.get(path).headers["location"] == "/login"
    assert portal.post(PAGE, data={"sip_port": "1"}).status_code in (303, 403)
