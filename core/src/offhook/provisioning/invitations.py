"""Step 6: writes the mail with link, code and token, from our template or the site's own text."""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from attrs import frozen
from jinja2 import Environment, Template

from offhook.errors import InvalidInput, Problem
from offhook.model.deployments import Deployment, InlineImage, Message
from offhook.model.documents import ClientFormat
from offhook.model.rules import check_email
from offhook.model.secrets import Secret
from offhook.model.settings import Settings
from offhook.model.users import User
from offhook.provisioning import codes, placeholders
from offhook.store.store import Store, Transaction

OVERRIDE = "deployment address of the profile"
OWN = "the user's e-mail"
FALLBACK = "deployment address, as the user has no e-mail"

DEFAULT_SUBJECT = "Your softphone: [#####firstname#####] [#####lastname#####] ([#####dn#####])"
NO_STORE = "none"
DIRECTORY_HINT = (
    "Afterwards the app may ask for a password: it is the one of your company's directory."
)
PIN_HINT = (
    "A PIN is set for you: scan the code with your phone's camera, not with the app, and enter the "
    "PIN on the page that opens."
)
SIGN_IN_HINT = (
    "Scan the code with your phone's camera, not with the app, or open the link: the page says "
    "which name and password to type into the app."
)
STORE_LABELS = {
    "appstore": "iPhone, iPad",
    "playstore": "Android",
    "microsoftstore": "Windows",
    "bbworld": "BlackBerry",
    "appstore_mac": "Mac",
    "winpc": "Windows (download)",
}
_PICTURE = "qrcode"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@frozen(kw_only=True)
class Texts:
    """
    The site's own texts; an empty one means the default, each for itself.

    ``stores`` holds chosen addresses of the app by placeholder name, "" where there is to be none.
    """

    subject: str = ""
    body: str = ""
    stores: Mapping[str, str]


def recipient_of(user: User, settings: Settings) -> tuple[str, str]:
    """Return who gets the mail, and the rule that chose; empty where there is no address."""
    if settings.override_email:
        return settings.deployment_email, OVERRIDE
    if user.email:
        return user.email, OWN
    return settings.deployment_email, FALLBACK


def why_no_recipient(user: User, settings: Settings) -> str:
    """Return why no mail can go to the user; empty where one can."""
    address, rule = recipient_of(user, settings)
    if not address:
        owner = "the profile" if rule == OVERRIDE else "the user and the profile"
        return f"no recipient: {owner} has no e-mail address"
    try:
        check_email(address)
    except ValueError as error:
        return f"the e-mail address {address!r} cannot be used: {error}"
    return ""


def write(
    user: User,
    deployment: Deployment,
    token: Secret,
    texts: Texts,
    client: ClientFormat,
    base_url: str,
    *,
    route: str = "",
    directory_signin: bool = False,
) -> Message:
    """
    Return the mail of *deployment*; *base_url* is where its user downloads.

    *route* is the address of a redirect service that leads there, and that the link begins with.
    With *directory_signin* it says that the app may ask for the directory password.
    """
    values = _values(user, token, texts, client, base_url, route)
    subject = placeholders.fill_line(texts.subject or DEFAULT_SUBJECT, values)
    text = placeholders.fill_text(texts.body or default_body(), values)
    hint = _hint(user, client, directory_signin)
    if hint:
        text += f"\n\n{hint}"
    page = (
        _own_html(texts.body, values, hint)
        if texts.body
        else _our_html(user, deployment, client, values, subject, directory_signin)
    )
    start = f"{route if route and _follows(client, user) else base_url}/c/"
    picture = codes.as_png(f"{start}{token.reveal()}", start=start)
    return Message(
        key=deployment.id,
        message_id=deployment.message_id,
        to=_one_line(deployment.recipient),
        subject=subject,
        text=f"{text}\n",
        html=page,
        images=(InlineImage(name=_PICTURE, content_type="image/png", data=picture),),
    )


def message_id_of(deployment_id: str, base_url: str) -> str:
    """Return the Message-ID for every attempt at a new deployment's mail; it is stored with it."""
    return f"<{deployment_id}@{urlsplit(base_url).hostname}>"


def load(tx: Transaction) -> Texts:
    """Return the site's own texts."""
    stored = {name: tx.values.get(f"store-{name}") for name in placeholders.STORES}
    stores = {name: "" if link == NO_STORE else link for name, link in stored.items() if link}
    return Texts(
        subject=tx.values.get("mail-subject"), body=tx.values.get("mail-body"), stores=stores
    )


def save(
    store: Store,
    *,
    subject: str | None = None,
    body: str | None = None,
    stores: Mapping[str, str] | None = None,
    actor: str,
    now: datetime,
) -> list[str]:
    """
    Store those texts that are given; an empty one goes back to the default.

    A store's address "none" drops its line, an empty one goes back to the client's own. Returns
    warnings; raises `InvalidInput` for unknown placeholders and unusable addresses.
    """
    warnings = placeholders.check(subject or "", body or "")
    links = dict(stores or {})
    _check_stores(links)
    given = {"mail-subject": subject, "mail-body": body}
    given |= {f"store-{name}": link for name, link in links.items()}
    changed = {name: text for name, text in given.items() if text is not None}
    with store.write() as tx:
        for name, text in changed.items():
            tx.values.set(name, text.strip())
        tx.audit.add(now, actor, "mail text changed", ", ".join(changed))
    return warnings


@cache
def default_body() -> str:
    """Return the default text with its placeholders."""
    return (files(__package__) / "invitation.txt").read_text(encoding="utf-8").strip()


@cache
def _template() -> Template:
    source = (files(__package__) / "invitation.html").read_text(encoding="utf-8")
    return Environment(autoescape=True).from_string(source)


def _follows(client: ClientFormat, user: User) -> bool:
    """
    Whether whoever reads the code goes on by itself from a redirect service: a browser does.

    Other apps would have to be started again.
    """
    return client.follows or client.signs_in or bool(user.pin)


def _values(
    user: User, token: Secret, texts: Texts, client: ClientFormat, base_url: str, route: str
) -> dict[str, str]:
    stores = {**client.stores, **texts.stores}
    return {
        "firstname": _one_line(user.first_name),
        "lastname": _one_line(user.last_name),
        "dn": _one_line(user.number),
        "page": f"{base_url}/d",
        "link": f"{route or base_url}/d/{token.reveal()}",
        "authtoken": token.reveal(),
        **{name: stores.get(name, "") for name in placeholders.STORES},
    }


def _our_html(
    user: User,
    deployment: Deployment,
    client: ClientFormat,
    values: Mapping[str, str],
    subject: str,
    directory_signin: bool,
) -> str:
    return _template().render(
        subject=subject,
        name=_one_line(user.name),
        number=values["dn"],
        client=client.label,
        stores=[(label, values[name]) for name, label in STORE_LABELS.items() if values[name]],
        link=values["link"],
        page=values["page"],
        authtoken=values["authtoken"],
        pin=bool(user.pin),
        signs_in=client.signs_in,
        afterwards=DIRECTORY_HINT if directory_signin else "",
        picture=_PICTURE,
        until=f"{deployment.expires_at.day} {deployment.expires_at:%B %Y, %H:%M} UTC",
    )


def _hint(user: User, client: ClientFormat, directory_signin: bool) -> str:
    first = PIN_HINT if user.pin else SIGN_IN_HINT if client.signs_in else ""
    return " ".join(filter(None, [first, DIRECTORY_HINT if directory_signin else ""]))


def _own_html(body: str, values: Mapping[str, str], hint: str) -> str:
    picture = f'<img src="cid:{_PICTURE}" width="222" height="222" alt="QR code">'
    below = f"<p>{html.escape(hint)}</p>\n" if hint else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
        "<body style=\"font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif;"
        'font-size:16px;line-height:24px;color:#1c2733">\n'
        f"<div>{placeholders.fill_html(body, values, picture=picture)}</div>\n{below}"
        "</body></html>\n"
    )


def _check_stores(links: Mapping[str, str]) -> None:
    problems = []
    for name, link in links.items():
        parts = urlsplit(link)
        if name not in placeholders.STORES:
            known = ", ".join(placeholders.STORES)
            problems.append(Problem(f"store {name}", link, f"unknown; known are {known}"))
        elif link not in ("", NO_STORE) and not (parts.scheme == "https" and parts.hostname):
            problems.append(Problem(f"store {name}", link, "use https://..., or none"))
    if problems:
        raise InvalidInput("The store links cannot be used:", problems)


def _one_line(text: str) -> str:
    """Return *text* without line breaks and other control characters."""
    return _CONTROLS.sub(" ", text).strip()
