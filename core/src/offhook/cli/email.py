"""``offhook email``: the text of the deployment mail, seen and tried before it is meant."""

import base64
from pathlib import Path
from typing import Annotated

import typer

from offhook import console
from offhook.cli import app_of
from offhook.cli.arguments import read_pairs, read_text
from offhook.errors import InvalidInput, OffhookError
from offhook.model.deployments import Message
from offhook.provisioning import invitations, placeholders, previews

app = typer.Typer(
    add_completion=False, help="Show, edit and try the deployment mail.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def show(
    ctx: typer.Context,
    default: Annotated[bool, typer.Option("--default", help="The default text, to edit.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show subject, body and store links as they are set."""
    wired = app_of(ctx)
    if default:
        console.plain(invitations.default_body())
        return
    with wired.store.read() as tx:
        texts = invitations.load(tx)
    warnings = placeholders.check(texts.subject, texts.body)
    if as_json:
        console.json_out(
            {
                "subject": texts.subject,
                "body": texts.body,
                "stores": dict(texts.stores),
                "warnings": warnings,
            }
        )
        return
    console.say(f"Subject: {texts.subject or f'{invitations.DEFAULT_SUBJECT}  (default)'}")
    for name, link in texts.stores.items():
        console.say(f"{name}: {link or '(none)'}")
    console.plain(
        texts.body or f"{invitations.default_body()}\n\n(default; sent as a designed page)"
    )
    for warning in warnings:
        console.warn(warning)


@app.command()
def edit(
    ctx: typer.Context,
    subject: Annotated[str | None, typer.Option(help='Its text; "" for the default.')] = None,
    body_file: Annotated[
        Path | None, typer.Option(help="A text file with placeholders, UTF-8.")
    ] = None,
    stores: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STORE=LINK...",
            help=f"Where the app is had: {', '.join(placeholders.STORES)}; "
            "none drops the line, an empty link goes back to the client's own.",
        ),
    ] = None,
) -> None:
    """Change the subject, the body or store links; the rest stays."""
    wired = app_of(ctx)
    body = read_text(body_file, "The body") if body_file else None
    if subject is None and body is None and not stores:
        raise typer.BadParameter("give --subject, --body-file or STORE=LINK")
    warnings = invitations.save(
        wired.store,
        subject=subject,
        body=body,
        stores=read_pairs(stores or []),
        actor=wired.actor,
        now=wired.now(),
    )
    for warning in warnings:
        console.warn(warning)
    console.say("The text is stored. See it: offhook email preview USER")


@app.command("load-default")
def load_default(ctx: typer.Context) -> None:
    """Go back to the default subject and body; store links stay."""
    wired = app_of(ctx)
    invitations.save(wired.store, subject="", body="", actor=wired.actor, now=wired.now())
    console.say("The default text is used.")


@app.command()
def preview(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(help="Number, connection/number or id.")],
    html: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the mail that a user would get, with a sample token."""
    wired = app_of(ctx)
    shown = previews.preview(
        wired.store, wired.plugins, user, public_url=wired.settings.public_url, now=wired.now()
    )
    message, planned = shown.message, shown.planned
    if html:
        _write_page(message, html)
    if as_json:
        console.json_out(
            {
                "to": message.to,
                "rule": planned.rule,
                "subject": message.subject,
                "text": message.text,
                "why_not": planned.why_not,
            }
        )
        return
    console.say(f"To:      {message.to or '(nobody)'}  ({planned.rule})")
    console.say(f"Subject: {message.subject}\n")
    console.plain(message.text)
    if html:
        console.say(f"{html} holds the page.")
    if planned.why_not:
        console.warn(f"{planned.user.key} cannot be deployed: {planned.why_not}")


@app.command("test")
def try_out(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="Who gets it.")],
    user: Annotated[str, typer.Option(help="As for this user.")] = "",
    transport: Annotated[str, typer.Option(help="The connection that sends.")] = "",
) -> None:
    """Send a sample mail now and say what the mail server answered."""
    wired = app_of(ctx)
    receipt = previews.send_test(
        wired.store,
        wired.plugins,
        address,
        name=user,
        transport=transport,
        public_url=wired.settings.public_url,
        now=wired.now(),
    )
    if receipt.outcome != "sent":
        raise OffhookError(f"The mail is {receipt.outcome}: {receipt.detail}")
    console.say(f"Sent to {address}. {receipt.detail}")


def _write_page(message: Message, path: Path) -> None:
    page = message.html
    for image in message.images:
        data = base64.b64encode(image.data).decode()
        page = page.replace(f"cid:{image.name}", f"data:{image.content_type};base64,{data}")
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error
