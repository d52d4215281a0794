"""What an attempt says of a site: whether the server is reached, and is the one that it should."""

from offhook.formats import at_host
from offhook.model.findings import Finding
from offhook.model.probes import Outcome
from offhook.topology.attempts import Attempt
from offhook.topology.findings import say

_MISMATCH = "62"  # X509_V_ERR_HOSTNAME_MISMATCH


def tell(attempt: Attempt, outcome: Outcome) -> Finding:
    """Return the finding for what became of an attempt."""
    probe = attempt.probe
    at = at_host(attempt.address, probe.port)
    who = f"{probe.host} at {at} ({attempt.why})"
    if outcome.ok:
        return say("ok", "servers", f"{who} answers, its certificate is right.")
    meaning, action = _explain(attempt, outcome)
    detail = " ".join(filter(None, (outcome.kind, outcome.code)))
    text = f"{who} fails at {outcome.stage}: {detail}."
    return say("failure", "servers", text, action, meaning)


def _explain(attempt: Attempt, outcome: Outcome) -> tuple[str, str]:
    host, port = attempt.probe.host, attempt.probe.port
    if outcome.stage == "tcp":
        return (
            "Nothing comes through on this port.",
            "Start the service, and compare the rules of the firewall with the plan.",
        )
    if (outcome.kind, outcome.code) == ("verify", _MISMATCH):
        return (
            f"Its certificate does not hold {host}.",
            "Order one with all names of the plan.",
        )
    if outcome.stage == "tls":
        return (
            "Phones do not accept what it shows.",
            f"offhook certs check {host} --port {port} --address {attempt.address}",
        )
    return (
        "Something answers, and not what should.",
        "Check where the address, the proxy and the client connector lead.",
    )
