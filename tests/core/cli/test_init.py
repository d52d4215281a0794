"""``offhook init`` makes an installation, its local gateway, too, and does neither twice."""

import json

import pytest
import typer.testing

from offhook.cli import root

GATEWAY = (
    *("init", "--local-gateway", "mbg", "host=mbg.test"),
    *("consumer_id=offhook", "consumer_secret=s3cret-of-ours"),
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty data folder."""
    monkeypatch.setenv("OFFHOOK_HOME", str(tmp_path / "home"))
    return lambda *arguments: typer.testing.CliRunner().invoke(root, arguments)


def connections(run):
    return json.loads(run("connections", "list", "--json").stdout)


def test_the_local_gateway_is_connected_and_the_profiles_default(run):
    said = run(*GATEWAY).output

    assert "Next: offhook connections authorize local" in said
    assert "s3cret" not in said
    (local,) = connections(run)
    assert (local["name"], local["host"], local["default_gateway"]) == ("local", "mbg.test", True)


def test_twice_is_once(run):
    assert run(*GATEWAY).exit_code == 0
    again = run(*GATEWAY)

    assert again.exit_code == 0
    assert "was connected already" in again.output
    assert len(connections(run)) == 1


def test_an_option_that_is_wrong_is_named_and_can_be_corrected(run):
    failed = run("init", "--local-gateway", "mbg", "host=https://mbg.test")

    assert failed.exit_code == 1
    assert "without scheme and port" in str(failed.exception)
    assert run(*GATEWAY).exit_code == 0
    assert len(connections(run)) == 1


def test_options_of_no_gateway_are_refused(run):
    assert run("init", "host=mbg.test").exit_code == 2
    assert "installation" in str(run("connections", "list").exception)
