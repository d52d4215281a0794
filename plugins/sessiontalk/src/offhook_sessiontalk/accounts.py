"""What a configuration document becomes for SessionTalk: its list of SIP accounts."""

import json
from collections.abc import Callable, Mapping

from offhook.api import Account, ConfigDocument, Losses, Lost, at_both_sides

ACCOUNT: Mapping[str, Callable[[Account], str]] = {
    "sipusername": lambda account: account.credentials.username,
    "sippassword": lambda account: account.credentials.password.reveal(),
    "subdomain": lambda account: account.credentials.host,
    "authusername": lambda account: account.credentials.username,
    "transport": lambda account: account.transport.upper(),
    "srtp": lambda account: "Disabled" if account.srtp == "off" else "Enabled",
}
_HOST_ALONE = (
    "SessionTalk is told a host and nothing else: the port is that of the provider in SessionCloud"
)
LOSSES = Losses(
    client="SessionTalk",
    where_set=at_both_sides({"pbx_srv": _HOST_ALONE, "sip_port": _HOST_ALONE}),
)
_ON_OR_OFF = (
    "SessionTalk knows SRTP as on and off: on it is, and whether a call without it is then refused "
    "is up to the app"
)


def accounts_json(document: ConfigDocument) -> bytes:
    """Return the accounts, to replace those that the app has; none of them logs it out."""
    accounts = [
        {key: text(account) for key, text in ACCOUNT.items()} for account in document.accounts
    ]
    answer = {"update": True, "sipaccounts": accounts, "errmsg": ""}
    return f"{json.dumps(answer, ensure_ascii=False, separators=(',', ':'))}\n".encode()


def find_losses(document: ConfigDocument) -> tuple[Lost, ...]:
    """Return what gets lost, one line for each setting."""
    names = {"pbx": "srtp_mode", "gateway": "gateway_srtp_mode"}
    srtp = {
        names[account.credentials.side]: _ON_OR_OFF
        for account in document.accounts
        if account.srtp != "off"
    }
    return LOSSES.of(document, **srtp)
