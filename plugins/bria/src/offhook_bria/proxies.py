"""What a configuration document becomes for Bria: the settings of its accounts, the proxies."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import evolve

from offhook.api import (
    Account,
    ConfigDocument,
    DeviceLink,
    Losses,
    Lost,
    at_both_sides,
    at_host,
    not_text,
)

ACCOUNT: Mapping[str, Callable[[Account], str]] = {
    "enabled": lambda account: "1",
    "display_name": lambda account: account.display_name,
    "username": lambda account: account.credentials.username,
    "authorization_username": lambda account: account.credentials.username,
    "domain": lambda account: at_host(account.credentials.host, account.port),
    "transport": lambda account: account.transport,
}
SETTINGS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "voicemail_number": ("voicemail_url", str),
}
# Kept in memory only: Bria writes no password to its disk that it is not asked to.
SECRETS: Mapping[str, Callable[[Account], str]] = {
    "password": lambda account: account.credentials.password.reveal(),
}
NO_ACCOUNT = {"enabled": "0", "username": "", "authorization_username": "", "password": ""}

LOSSES = Losses(
    client="Bria",
    told=SETTINGS,
    default="Bria writes every value over its user's at each login",
    locked="Bria locks nothing that it is sent: the user can change it, until the next login",
    where_set=at_both_sides(
        {"pbx_srv": "Bria is told the host without a port: whether it asks DNS SRV is up to it"}
    ),
)
_NO_SRTP = (
    "Bria is not told: whether it encrypts calls is set in the app, so the PBX has to refuse those "
    "that are not"
)


def objection(value: str) -> str:
    """Return why *value* cannot stand in a line of its own between quotes, or an empty text."""
    if "\n" in value or "\r" in value:
        return "holds a line break: the rest would be read as settings of its own"
    if '"' in value:
        return 'holds the quote ", which ends a value, and Bria documents no way to write it'
    return not_text(value)


def named_without_quotes(document: ConfigDocument) -> ConfigDocument:
    """Return *document* with other quotes in names, which are for people; nothing else changes."""
    accounts = (
        evolve(account, display_name=account.display_name.replace('"', "'"))
        for account in document.accounts
    )
    return evolve(document, accounts=tuple(accounts))


def answer_text(document: ConfigDocument, device: DeviceLink) -> bytes:
    """Return settings and passwords of the accounts; others that the computer had are emptied."""
    lines = ["[DATA]", "Success=1", "[SETTINGS]"]
    for index, account in enumerate(document.accounts):
        texts = {key: text(account) for key, text in ACCOUNT.items()}
        lines += _lines(index, texts | _told(document))
    for index in range(len(document.accounts), max(1, device.accounts_before)):
        lines += _lines(index, NO_ACCOUNT)
    lines += ["[##MEMORY##]"]
    for index, account in enumerate(document.accounts):
        lines += _lines(index, {key: text(account) for key, text in SECRETS.items()})
    # Bria reads no line that nothing ends.
    return "".join(f"{line}\r\n" for line in lines).encode()


def find_losses(document: ConfigDocument) -> tuple[Lost, ...]:
    """Return what gets lost, one line for each setting."""
    srtp = {name: _NO_SRTP for name in at_both_sides({"srtp_mode": ""}) if _wanted(name, document)}
    return LOSSES.of(document, **srtp)


def _wanted(name: str, document: ConfigDocument) -> bool:
    return name in document.settings and document.settings[name].value != "off"


def _told(document: ConfigDocument) -> dict[str, str]:
    return {
        key: text(document.settings[name].value)
        for name, (key, text) in SETTINGS.items()
        if name in document.settings
    }


def _lines(index: int, texts: Mapping[str, str]) -> Iterator[str]:
    return (f'proxies:proxy{index}:{key}="{text}"' for key, text in texts.items())
