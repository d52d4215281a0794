"""``offhook users``: list, show, add, change, assign, delete; files are in `usersfiles`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from attrs import asdict

from offhook import console
from offhook.cli import app_of, usersfiles, usersgateways, userssources
from offhook.cli.arguments import (
    Everyone,
    Names,
    OfProfile,
    Search,
    read_pairs,
    select_users,
)
from offhook.cli.offers import offer_force
from offhook.errors import InvalidInput, UnknownName
from offhook.model.described import describe
from offhook.model.users import Selection, User, UserFields, UserLine
from offhook.provisioning import credentials, profiles, resolving, users
from offhook.store.store import Transaction
from offhook.store.users import SORTS

app = typer.Typer(
    add_completion=False,
    help="List, import, add, change, export and delete users.",
    no_args_is_help=True,
)
app.command("import-csv")(usersfiles.import_csv)
app.command("export")(usersfiles.export)
app.command("template")(usersfiles.template)
app.command("available")(userssources.available)
app.command("import")(userssources.import_)
app.command("sync")(userssources.sync)
app.command("set-passwords")(userssources.set_passwords)
app.command("import-passwords")(userssources.import_passwords)
app.command("fetch-credentials")(usersgateways.fetch_credentials)
app.command("registrations")(usersgateways.registrations)

FIELDS = describe(UserFields)
LABELS = {key: each.label for key, each in FIELDS.items()} | {
    "id": "ID",
    "key": "Called",
    "gone_at": "Gone at its source",
    "reset_at": "Factory reset needed",
    "gateway_host": "MBG SIP host (profile)",
    "webrtc_host": "MBG-WebRTC SIP host (profile)",
}
Name = Annotated[str, typer.Argument(metavar="USER", help="Number, connection/number or id.")]
Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE...",
        help=f"profile, {', '.join(FIELDS)}. "
        "NAME=- asks for the value, NAME=@FILE reads it from a file, NAME= clears it.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show who it would be, and change nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    search: Search = "",
    profile: OfProfile = "",
    sort: Annotated[str, typer.Option(help=f"By: {', '.join(SORTS)}.")] = "last_name",
    descending: Annotated[bool, typer.Option("--descending", help="The last ones first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Users per page.")] = 50,
    after: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """List users page by page, with what became of their latest deployment."""
    if sort not in SORTS:
        raise UnknownName("order", sort, tuple(SORTS))
    wired = app_of(ctx)
    selection = Selection(search=search, profile=profile)
    order = {"sort": sort, "descending": descending}
    try:
        with wired.store.read() as tx:
            if profile:
                profiles.get(tx, profile)
            page = tx.users.page(selection, **order, after=after or None, limit=limit)
            stale = _stale(tx)
    except ValueError:
        hint = "Give what the page before said."
        raise InvalidInput("--after is no end of a page.", hint=hint) from None
    rows = [_line(each, stale, wired) for each in page.lines]
    if as_json:
        console.json_out({"users": rows, "next": page.next})
        return
    _show_lines(rows)
    if page.next:
        console.say(f"More users: add --after {page.next}")


@app.command()
def show(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a user: fields with secrets masked, profile, and what is missing."""
    wired = app_of(ctx)
    with wired.store.read() as tx:
        user = users.find(tx, name)
        profile = profiles.get(tx, user.profile)
        deployment = tx.deployments.current(user.id)
    settings = resolving.resolve_for(profile, user, wired.plugins).settings
    row = {
        "id": user.id,
        "key": user.key,
        "profile": user.profile,
        "source": user.connection,
        "login": user.login,
        "role": user.role,
        "gone_at": user.gone_at,
        "reset_at": user.reset_at,
        **{key: each.show(getattr(user, key)) for key, each in FIELDS.items()},
        "gateway_host": settings.gateway_host,
        "webrtc_host": settings.webrtc_host,
        "state": deployment.state(wired.now()) if deployment else "",
        "missing": credentials.why_not(user, settings),
    }
    if as_json:
        console.json_out(row)
        return
    console.table(("Field", "Value"), [(LABELS.get(k, k.capitalize()), v) for k, v in row.items()])


@app.command()
def add(ctx: typer.Context, pairs: Pairs = None) -> None:
    """Add a user, for example: add last_name=Ruiz email=ana@example.org pbx_password=-."""
    wired = app_of(ctx)
    texts = read_pairs(pairs or [])
    profile = texts.pop("profile", "") or profiles.DEFAULT
    user = users.add(
        wired.store, wired.plugins, texts, profile=profile, actor=wired.actor, now=wired.now()
    )
    console.say(f"{_called(user)} is added. Next: offhook deploy {user.key}")


@app.command()
def edit(ctx: typer.Context, name: Name, pairs: Pairs = None) -> None:
    """Change fields of a user; those that its source gives are read-only."""
    wired = app_of(ctx)
    texts = read_pairs(pairs or [])
    if not texts:
        raise InvalidInput("Nothing to change.", hint="Give NAME=VALUE arguments.")
    profile = texts.pop("profile", "")
    user = users.edit(
        wired.store, wired.plugins, name, texts, profile=profile, actor=wired.actor, now=wired.now()
    )
    console.say(f"{_called(user)} is changed.")


@app.command()
def assign(
    ctx: typer.Context,
    new_profile: Annotated[str, typer.Argument(metavar="PROFILE", help="The new profile.")],
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    dry_run: DryRun = False,
) -> None:
    """Give users another profile, those that come from a connection too."""
    wired = app_of(ctx)
    selection = select_users(wired, names or [], everyone, search, profile)
    if dry_run:
        with wired.store.read() as tx:
            profiles.get(tx, new_profile)
        _preview(wired, selection, f"would get the profile {new_profile}")
        return
    with console.progress("Assigning", _count(wired, selection)) as advance:
        done = users.assign(
            wired.store,
            selection,
            new_profile,
            actor=wired.actor,
            now=wired.now(),
            on_progress=advance,
        )
    console.say(f"Users with another profile now: {done.users}.")
    if done.deployed:
        console.say(f"Of them deployed: {done.deployed}; their clients get it when they ask again.")
        offer_force(wired, new_profile)


@app.command()
def delete(
    ctx: typer.Context,
    names: Names = None,
    everyone: Everyone = False,
    search: Search = "",
    profile: OfProfile = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Delete users with their passwords; their links and devices end at once."""
    wired = app_of(ctx)
    selection = select_users(wired, names or [], everyone, search, profile)
    count = _count(wired, selection)
    if dry_run:
        _preview(wired, selection, "would be deleted")
        return
    if not yes and not console.confirm(f"Users to delete, with links and devices: {count}. Go on?"):
        raise InvalidInput("Nobody was deleted.", hint="Confirm, or add --yes.")
    with console.progress("Deleting", count) as advance:
        done = users.delete(
            wired.store, selection, actor=wired.actor, now=wired.now(), on_progress=advance
        )
    console.say(f"Users deleted: {done}.")


@app.command()
def pin(ctx: typer.Context, name: Name) -> None:
    """Give a user a new PIN, shown only now; tell it the person yourself."""
    wired = app_of(ctx)
    made = users.generate_pin(wired.store, name, actor=wired.actor, now=wired.now())
    console.say(f"The PIN of {name} is {made.reveal()}")


def _line(line: UserLine, stale: tuple[str, ...], wired: Any) -> dict[str, Any]:
    deployment = line.deployment
    return {
        **{
            name: value
            for name, value in asdict(line, recurse=False).items()
            if name != "deployment"
        },
        "mark": _mark(line, stale),
        "state": deployment.state(wired.now()) if deployment else "",
        "deployed_at": deployment.created_at if deployment else None,
        "downloaded_at": deployment.downloaded_at if deployment else None,
    }


def _stale(tx: Transaction) -> tuple[str, ...]:
    """Return what the keys begin with of users whose connection has changed since their sync."""
    return tuple(f"{each.connection}/" for each in tx.sources.all() if each.changed_at)


def _mark(line: UserLine, stale: tuple[str, ...]) -> str:
    """Return what an administrator must know of an imported user; *stale* begins such keys."""
    if line.gone_at:
        return "gone at its source"
    if line.reset_at:
        return "factory reset and redeploy needed"
    if line.key.startswith(stale):
        return "sync needed"
    return "waits to be deployed" if line.waits else ""


def _show_lines(rows: Sequence[dict[str, Any]]) -> None:
    labels = {
        "profile": "Profile",
        "first_name": "First name",
        "last_name": "Last name",
        "key": "Number",
        "gateway_username": "MBG SIP user",
        "client_service_username": "Client service",
        "email": "E-mail",
        "mark": "Mark",
        "state": "State",
        "deployed_at": "Deployed",
        "downloaded_at": "Downloaded",
    }
    shown = [name for name in labels if any(row[name] for row in rows)]
    table = [tuple(row[name] for name in shown) for row in rows]
    console.table([labels[name] for name in shown], table, empty="No users.")


def _count(wired: Any, selection: Selection) -> int:
    with wired.store.read() as tx:
        count: int = tx.users.count(selection)
    return count


def _preview(wired: Any, selection: Selection, what: str) -> None:
    with wired.store.read() as tx:
        page = tx.users.page(selection, limit=50)
        stale = _stale(tx)
    _show_lines([_line(each, stale, wired) for each in page.lines])
    more = ", the first 50 of them above" if page.next else ""
    console.say(f"Dry run. Users who {what}: {_count(wired, selection)}{more}.")


def _called(user: User) -> str:
    return f"{user.name} ({user.key})"
