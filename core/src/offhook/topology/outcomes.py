"""What an attempt says of a site: whether the server is reached, and is the one that it should."""

from offhook.formats import at_host
from offhook.model.findings import Finding
from offhook.model.probes import Outcome
from offhook.topology.attempts import Attempt

_MISMATCH = "62"  # X509_V_ERR_HOSTNAME_MISMATCH
_CODE = "topology-servers"


def tell(attempt: Attempt, outcome: Outcome) -> Finding:
    """Return the finding for what became of an attempt."""
    probe = attempt.probe
    at = at_host(attempt.address, probe.port)
    who = f"{probe.host} at {at} ({attempt.why})"
    if outcome.ok:
        return Finding(level="ok", code=_CODE, summary=f"{who} answers, its certificate is right.")
    meaning, action = _explain(attempt, outcome)
    detail = " ".join(filter(None, (outcome.kind, outcome.code)))
    return Finding(
        level="failure",
        code=_CODE,
        summary=f"{who} fails at {outcome.stage}: {detail}.",
        meaning=meaning,
        action=action,
    )


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
            f"offhook certs check {host}" + (f":{port}" if port != 443 else ""),
        )
    return (
        "Something answers, and not what should.",
        "Check where the address, the proxy and the client connector lead.",
    )
