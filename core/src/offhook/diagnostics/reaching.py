"""The three tests: do we reach the redirect service, and clients our downloads and services."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from offhook.diagnostics import catalogue, lookups, observations
from offhook.diagnostics.messages import Test
from offhook.diagnostics.probing import fetch, probe
from offhook.doors import Plugins
from offhook.errors import InvalidInput, RemoteError
from offhook.model.connections import Connection
from offhook.model.diagnoses import Check, Verdict, verdict_of
from offhook.model.findings import Finding
from offhook.model.probes import Outcome, Probe
from offhook.model.rules import is_address

LIMIT = 10.0  # seconds for each stage
SERVICE_PORT = 36008
_HTTPS = 443
HEALTH, HEALTHY = "/healthz", b"ok\n"
HOOK = "probe"
_UNPROVED = (
    "The redirect service tries only hosts that are proved to be this server's, so the client "
    "service was tried from here."
)


def not_configured(test: Test, summary: str, action: str) -> Check:
    """Return a test that cannot be made here."""
    finding = Finding(level="note", code=f"{test}-not-configured", summary=summary, action=action)
    return _check(test, "not configured", [finding])


def reach_redirect(plugins: Plugins, connection: Connection[Any], *, limit: float = LIMIT) -> Check:
    """
    Test 1: connect to the redirect service, then let its plugin say what it can tell.

    Where it is, say the options ``host``, ``port`` and ``ca_file`` of the connection.
    """
    wanted = _place_of(connection.options)
    findings = []
    if wanted:
        outcome = asyncio.run(probe(wanted, limit=limit))
        if not outcome.ok:
            return _judged("redirect", [catalogue.finding("redirect", wanted, outcome)])
        findings.append(_reached("redirect", wanted, outcome))
    if plugins.implements(connection.plugin, "diagnose"):
        findings += plugins.diagnose(connection)
    return _judged("redirect", findings)


def reach_from_outside(
    test: Test,
    plugins: Plugins,
    connection: Connection[Any],
    wanted: Probe,
    downloads: Probe,
) -> Check:
    """
    Tests 2 and 3: a redirect service tries what is *wanted*.

    Our *downloads* show it that their host is ours. A client service at another host, which is not
    proved to be, is tried from here, and so is everything while the service cannot be asked.
    """
    if test == "service" and is_address(wanted.host):
        return reach_from_inside(test, wanted)  # addresses are never proved to be anybody's
    at_ours = wanted.host == downloads.host and wanted != downloads
    asked = [downloads, wanted] if at_ours else [wanted]
    try:
        view = plugins.probe(connection, wanted.host, asked)
    except RemoteError as error:
        note = Finding(
            level="note",
            code=f"{test}-not-from-outside",
            summary=f"The redirect service did not look from outside: {error}",
            action=error.hint,
        )
        return _with_note(reach_from_inside(test, wanted), note)
    if not view.outcomes and test == "service":
        unproved = catalogue.finding("download", downloads, view.proof)
        note = evolve(unproved, level="note", meaning=_UNPROVED)
        return _with_note(reach_from_inside(test, wanted), note)
    outcome = view.outcomes[-1] if view.outcomes else view.proof
    return _judged(test, _findings(test, wanted, outcome, from_outside=True))


def _with_note(check: Check, note: Finding) -> Check:
    return evolve(check, findings=(*check.findings, note))


def reach_from_inside(test: Test, wanted: Probe, *, limit: float = LIMIT) -> Check:
    """Tests 2 and 3 from here: never passed, since nobody has looked from outside."""
    outcome = asyncio.run(_try(wanted, limit))
    findings = list(_findings(test, wanted, outcome, from_outside=False))
    verdict = verdict_of(tuple(findings))
    return _check(test, "failed" if verdict == "failed" else "inside view only", findings)


async def _try(wanted: Probe, limit: float) -> Outcome:
    if wanted.scheme != "https":
        return await probe(wanted, limit=limit)
    outcome, body = await fetch(wanted, limit=limit, at_most=len(HEALTHY) + 1)
    if outcome.ok and body != HEALTHY:
        said = f"{wanted.path} is not what offhook answers."
        return evolve(outcome, kind="proof", code="other-answer", detail=said)
    return outcome


def _findings(
    test: Test, wanted: Probe, outcome: Outcome, *, from_outside: bool
) -> Iterator[Finding]:
    if outcome.ok:
        yield _reached(test, wanted, outcome)
    else:
        yield catalogue.finding(test, wanted, outcome)
    inside = asyncio.run(_look_up(wanted))
    yield from observations.of_addresses(wanted.host, inside, outcome, from_outside=from_outside)


async def _look_up(wanted: Probe) -> Sequence[str]:
    try:
        return await lookups.look_up(wanted.host, wanted.port, LIMIT)
    except (OSError, UnicodeError):
        return ()


def _reached(test: Test, wanted: Probe, outcome: Outcome) -> Finding:
    summary = f"{wanted.host} answers as it should ({outcome.hop}, {outcome.seconds:.1f} s)."
    return Finding(level="ok", code=f"{test}-reached", summary=summary)


def _judged(test: Test, findings: Sequence[Finding] | Iterator[Finding]) -> Check:
    found = tuple(findings)
    return _check(test, verdict_of(found), found)


def _check(test: Test, verdict: Verdict, findings: Sequence[Finding]) -> Check:
    return Check(name=test, label=test, verdict=verdict, findings=tuple(findings))


def _place_of(options: Any) -> Probe | None:
    """Return the probe of where a connection leads; None where its options do not say."""
    host = getattr(options, "host", "")
    if not host:
        return None
    ca = _text_of(getattr(options, "ca_file", ""))
    return Probe(scheme="tls", host=host, port=getattr(options, "port", _HTTPS), ca=ca)


def _text_of(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The CA file {file} cannot be read: {error}.", hint="Correct ca_file."
        ) from error
