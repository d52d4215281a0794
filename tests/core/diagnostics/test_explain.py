"""Every reason code has its meaning and action; a user, a link and a token are all explained."""

from datetime import datetime, timedelta

import pytest

import offhook_linphone
from offhook import generic
from offhook.diagnostics.explain import Explanation, explain
from offhook.diagnostics.reasons import REASONS
from offhook.doors import Plugins
from offhook.errors import DownloadRefused, UnknownName
from offhook.model.deployments import Campaign
from offhook.model.secrets import Secret
from offhook.model.users import Selection
from offhook.provisioning import downloads, pages
from offhook.provisioning.downloads import Ask
from offhook.store.store import Store

URL = "https://provisioning.test"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def plugins() -> Plugins:
    """Core's own plugin and one real client format."""
    return Plugins({"generic": generic, "linphone": offhook_linphone})


@pytest.fixture
def find_out(store: Store, plugins: Plugins, now: datetime):
    """Explain a user or token, at once or later."""
    return lambda text, after=timedelta(): explain(store, plugins, text, now=now + after)


@pytest.fixture
def redeem(store: Store, plugins: Plugins, now: datetime):
    """Redeem a token once, at once or later."""

    def ask(token: str, after: timedelta = timedelta()) -> str:
        asks = [Ask(token=token, agent="Linphone/5")]
        return downloads.redeem(store, plugins, asks, public_url=URL, now=now + after)[0].reason

    return ask


def codes(found: Explanation) -> set[str]:
    """Return the codes of the findings."""
    return {finding.code for finding in found.findings}


def test_every_finding_about_a_refusal_says_what_to_do() -> None:
    assert all(reason.meaning and reason.action for reason in REASONS.values())


def test_a_user_without_a_link_is_told_how_to_get_one(find_out, make_user) -> None:
    make_user()

    assert codes(find_out("7328")) == {"not-deployed"}


def test_a_user_whose_campaign_waits_for_a_worker_is_told_to_start_one(
    store: Store, find_out, make_user, now
) -> None:
    user, other = make_user("7328"), make_user("7329")
    waiting = Campaign(id="c9", created_at=now - A_MINUTE, actor="me", transport="", total=1)
    with store.write() as tx:
        tx.campaigns.add(waiting, Selection(ids=(user.id,)))

    (finding,) = find_out(user.number).findings
    assert (finding.code, "c9" in finding.summary) == ("campaign-waits", True)
    assert "offhook serve" in finding.action
    assert codes(find_out(other.number)) == {"not-deployed"}


def test_a_spent_link_is_explained_by_user_and_by_token(find_out, make_user, issue, redeem) -> None:
    token = issue(make_user(), downloads=1)
    assert [redeem(token), redeem(token)] == ["", "spent"]

    for text in ("7328", token, token.lower(), f"{URL}/d/{token}"):
        found = find_out(text)
        assert found.user
        assert found.state == "downloaded"
        assert codes(found) == {"state-downloaded", "spent"}
        assert [(each.reason, each.count) for each in found.refusals] == [("spent", 1)]


def test_an_expired_link_is_explained(find_out, make_user, issue, redeem) -> None:
    token = issue(make_user(), token_lifetime="30min")
    hour = timedelta(hours=1)
    redeem(token, hour)

    found = find_out(token, hour)

    assert found.state == "expired"
    assert "expired" in codes(found)


def test_a_locked_link_is_explained(store: Store, find_out, make_user, issue, now) -> None:
    token = issue(make_user(pin=Secret("4711")))
    for _ in range(10):
        with pytest.raises(DownloadRefused):
            pages.enter_pin(store, token, "0000", now=now)

    assert {"locked", "wrong-pin"} <= codes(find_out(token))


def test_a_revoked_link_is_explained(find_out, make_user, issue, redeem) -> None:
    user = make_user()
    old = issue(user)
    issue(user)
    redeem(old)

    assert "revoked" in codes(find_out(old))


def test_a_client_that_came_without_the_pin_is_explained(
    find_out, make_user, issue, redeem
) -> None:
    token = issue(make_user(pin=Secret("4711")))
    redeem(token)

    assert "pin-needed" in codes(find_out("7328"))


def test_an_incomplete_user_is_explained(find_out, make_user) -> None:
    make_user(pbx_password=None)

    found = find_out("7328")

    assert any("no PBX SIP password" in finding.summary for finding in found.findings)


def test_a_token_that_was_never_issued_is_explained(find_out) -> None:
    assert codes(find_out("AAAAA-AAAAA-AAAAA-AAAAA")) == {"unknown"}


def test_the_link_of_a_deleted_user_is_explained(store: Store, find_out, make_user, issue) -> None:
    user = make_user()
    token = issue(user)
    with store.write() as tx:
        tx.deployments.revoke([user.id])
        tx.users.delete([user.id])

    assert {"user-deleted", "revoked"} <= codes(find_out(token))


def test_a_misspelt_user_is_an_error_with_a_suggestion(find_out, make_user) -> None:
    make_user()

    with pytest.raises(UnknownName) as caught:
        find_out("7329")
    assert "7328" in caught.value.hint
