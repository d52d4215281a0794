"""Says in sentences what is wrong with a server's certificates, what follows, and what to do."""

from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509

from offhook.certificates.orders import Missing, Ordered
from offhook.certificates.views import common_name, is_authority, is_self_signed, names_of, title
from offhook.model.findings import Finding

if TYPE_CHECKING:  # it brings OpenSSL along, which servers need not
    from offhook.certificates.handshakes import Presented, Verdict

_STOPS = "Phones break off: nothing is deployed, and nobody registers."
_ASK = "Ask your authority for a new one."
# OpenSSL's codes (x509_vfy.h): what was seen, what to do.
_SAYINGS = {
    9: ("is not valid yet", "Check the clocks of this machine and of that server."),
    24: ("was issued by one that may not issue any", _ASK),
    25: ("was issued through more links than one of them permits", _ASK),
    26: ("is not meant for servers", "Ask your authority for one with the purpose serverAuth."),
    47: ("has a name that its authority may not issue", "Use a name that it may issue."),
    48: ("has a name that its authority may not issue", "Use a name that it may issue."),
    66: ("has a key that is too small", "Make a new request with RSA 2048 or EC, and renew it."),
    67: ("was issued with a key that is too small", _ASK),
    68: ("is signed with a hash that is broken", "Have it issued again, with SHA-256."),
    79: ("was issued by one that is no authority", _ASK),
}
_EXPIRED = 10
_OTHER_NAME = (62, 64)
NOT_CONNECTED = (2, 18, 19, 20, 21)  # to any root that is known


def explain(
    verdict: "Verdict", presented: "Presented", ordered: Ordered, host: str, now: datetime
) -> Finding:
    """
    Return what a *verdict* other than OK means for what *host* has *presented*.

    *ordered* is the same in order, which tells what is missing and who is meant.
    """
    code, chain = verdict.code, ordered.chain
    if code == _EXPIRED:
        return _expired(ordered, now)
    if code in _OTHER_NAME:
        return other_name(ordered.leaf, host)
    if code in NOT_CONNECTED:
        return unconnected(ordered)
    said, action = _SAYINGS.get(code, (f"is refused: {verdict.text}", _ASK))
    link = next((depth for fault, depth in presented.faults if fault == code), 0)
    who = common_name(chain[min(link, len(chain) - 1)])
    return _failure("certificate-refused", f"The certificate of {who} {said}.", action)


def _failure(code: str, summary: str, action: str) -> Finding:
    return Finding(level="failure", code=code, summary=summary, meaning=_STOPS, action=action)


def _expired(ordered: Ordered, now: datetime) -> Finding:
    code = "certificate-expired"
    over = [each for each in ordered.chain if each.not_valid_after_utc < now]
    if not over:
        return _failure(
            code,
            "The root at the end of the chain has expired.",
            "Take the chain that your authority offers today; clients need its newer root.",
        )
    name, ended = common_name(over[0]), f"on {over[0].not_valid_after_utc:%Y-%m-%d}"
    if is_authority(over[0]):
        newer = "Replace it by the one that your authority gives out today."
        return _failure(code, f"The intermediate certificate {name} expired {ended}.", newer)
    renewed = "Have it renewed, and install it with its chain."
    return _failure(code, f"The certificate {name} expired {ended}.", renewed)


def other_name(leaf: x509.Certificate, host: str) -> Finding:
    """Return that the certificate is made for others than *host*."""
    names = ", ".join(names_of(leaf))
    if names:
        summary = f"The certificate is not made for {host}, but for {names}."
    else:
        summary = (
            f"The certificate names no host but in its common name, {common_name(leaf)}, "
            "which clients of today do not look at."
        )
    return _failure(
        "certificate-name",
        summary,
        "Use a name that it has in profile and links, or request one with this name (SAN).",
    )


def unconnected(ordered: Ordered) -> Finding:
    """Return why nothing leads from the server's certificate to a root that clients have."""
    missing = ordered.missing
    roots = [each for each in ordered.left_out if is_self_signed(each)]
    if is_self_signed(ordered.leaf):
        return _self_signed()
    if missing and roots:
        return _root_without_intermediate(roots[0], missing)
    if missing and (missing.urls or len(ordered.chain) == 1):
        return _missing_link(missing)
    if ordered.trusted and ordered.left_out:
        return _wrong_way(ordered)
    return _unknown(missing.name if missing else common_name(ordered.root or ordered.chain[-1]))


def _unknown(issuer: str) -> Finding:
    return _failure(
        "certificate-unknown-authority",
        f"The chain leads to {issuer}, which is not known here.",
        "If it is an intermediate certificate, have it sent. If it is a root of your own, put it "
        "on every phone, and give it with --ca. If you do not know it, a firewall opens the "
        "connection in between: exempt this server there.",
    )


def _self_signed() -> Finding:
    return _failure(
        "certificate-self-signed",
        "The certificate is self-signed: the server vouches for itself.",
        "Install the certificate that an authority issued, then restart the service.",
    )


def _missing_link(missing: Missing) -> Finding:
    return _failure(
        "certificate-missing-intermediate",
        f"The intermediate certificate {missing.name} is missing: it issued {missing.issued}.",
        "Install it behind the server's own: browsers may find it by themselves, phones do not."
        + _where(missing),
    )


def _root_without_intermediate(root: x509.Certificate, missing: Missing) -> Finding:
    return _failure(
        "certificate-root-without-intermediate",
        f"The root {common_name(root)} is installed, but the intermediate certificate "
        f"{missing.name} is missing.",
        "Install the intermediate one instead: clients have the root, and need what is between."
        + _where(missing),
    )


def _wrong_way(ordered: Ordered) -> Finding:
    names = ", ".join(f"{common_name(each)} by {title(each.issuer)}" for each in ordered.left_out)
    return _failure(
        "certificate-wrong-way",
        f"The server sends a way first that leads to no root of clients: {names}.",
        "Leave that certificate out, and restart the server.",
    )


def _where(missing: Missing) -> str:
    if missing.urls:
        return f" It can be had at {' or '.join(missing.urls)}."
    return " If it is a root of your own, put it on every phone."
