"""``offhook-simulate``: starts one of the systems that offhook talks to, by hand."""

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook import console
from offhook.cli import run
from offhook.errors import UnknownName
from offhook_simulators import directories
from offhook_simulators.authorities import make_certificate
from offhook_simulators.client_service import FAULTS, PORT, ClientService
from offhook_simulators.clients import fetch
from offhook_simulators.exports import EXPORTS, write_export
from offhook_simulators.mails import PASSWORD, USERNAME, MailCatcher
from offhook_simulators.mbg import Mbg
from offhook_simulators.mbg_data import CONSUMER_ID, CONSUMER_SECRET, PATHS
from offhook_simulators.mx_one import MxOne
from offhook_simulators.mx_one_data import ADMINISTRATOR
from offhook_simulators.mx_one_data import PASSWORD as MX_ONE_PASSWORD
from offhook_simulators.serving import LocalServer

root = typer.Typer(
    help="Start one of the systems that offhook talks to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@root.command()
def mails(
    folder: Annotated[Path, typer.Option(help="Where mails are kept.")] = Path("mails"),
    port: Annotated[int, typer.Option(help="The port on localhost.")] = 8025,
) -> None:
    """Catch mails (STARTTLS, AUTH) and keep each as a file; Ctrl-C ends it."""
    certificate = make_certificate(folder / "certificates", ["localhost", "127.0.0.1"])
    catcher = MailCatcher(folder, port, certificate)
    catcher.start()
    console.say(f"Catching mails on localhost:{port} as {USERNAME} with password {PASSWORD}")
    console.say(f"Trust {certificate.authority}; mails are kept in {folder}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        catcher.stop()


@root.command("mx-one")
def mx_one(
    users: Annotated[int, typer.Option(min=0, help="How many users it has.")] = 100,
    port: Annotated[int, typer.Option(help="The port on localhost.")] = 8446,
    folder: Annotated[Path, typer.Option(help="Where the certificate is kept.")] = Path("mx-one"),
) -> None:
    """Be the Provisioning Manager of an MX-ONE; Ctrl-C ends it."""
    certificate = make_certificate(folder, ["localhost", "127.0.0.1"])
    with LocalServer(MxOne(users).app, port, certificate) as server:
        _stay(
            f"An MX-ONE with {users} users is at {server.address}",
            f"Log in as {ADMINISTRATOR} with password {MX_ONE_PASSWORD}",
            f"Trust {certificate.authority}",
        )


@root.command()
def mbg(
    users: Annotated[int, typer.Option(min=0, help="How many SIP users it has.")] = 100,
    port: Annotated[int, typer.Option(help="The port on localhost.")] = 8447,
    folder: Annotated[Path, typer.Option(help="Where the certificate is kept.")] = Path("mbg"),
) -> None:
    """Be a MiVoice Border Gateway with its web services; Ctrl-C ends it."""
    certificate = make_certificate(folder, ["localhost", "127.0.0.1"])
    with LocalServer(Mbg(users).app, port, certificate) as server:
        _stay(
            f"A border gateway with {users} SIP users is at {server.address}",
            f"Ask as consumer {CONSUMER_ID} with secret {CONSUMER_SECRET}",
            f"Approve who asks on {server.address}{PATHS['approve']}",
            f"Trust {certificate.authority}",
        )


@root.command("client-service")
def client_service(
    fault: Annotated[
        str, typer.Option(help="What is wrong with it, or a status that it answers; see --faults.")
    ] = "",
    faults: Annotated[bool, typer.Option("--faults", help="List the faults.")] = False,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port.")] = PORT,
    name: Annotated[str, typer.Option(help="The name that its certificate is for.")] = "localhost",
    folder: Annotated[Path, typer.Option(help="Where the certificate is kept.")] = Path(
        "client-service"
    ),
) -> None:
    """Be the service that clients sign in to (WebSocket over TLS), with a fault; Ctrl-C ends it."""
    if faults:
        console.table(("Fault", "The service"), [(key, each.help) for key, each in FAULTS.items()])
        return
    with ClientService(folder, fault=fault, host=host, port=port, names=[name, host]) as service:
        _stay(
            f"A client service is at wss://{name}:{service.port}/, fault: {fault or 'none'}",
            f"Trust {service.certificate.authority}",
        )


@root.command()
def ldap(
    people: Annotated[int, typer.Option(min=0, help="How many subscribers it has.")] = 1000,
    contacts: Annotated[int, typer.Option(min=0, help="How many contacts it has.")] = 100,
    staff: Annotated[int, typer.Option(min=0, help="How many Active Directory users.")] = 0,
    port: Annotated[int, typer.Option(help="The port for LDAP and StartTLS.")] = 3890,
    tls_port: Annotated[int, typer.Option(help="The port for LDAPS.")] = 6360,
    folder: Annotated[Path, typer.Option(help="Where the certificate is kept.")] = Path("ldap"),
) -> None:
    """Be the directory of a MiVoice 5000, or an Active Directory; Ctrl-C ends it."""
    certificate = make_certificate(folder, ["localhost", "127.0.0.1"])
    tree = directories.Tree(subscribers=people, contacts=contacts, staff=staff)
    with directories.served(tree, port, tls_port, certificate) as process:
        with suppress(KeyboardInterrupt):
            console.say(
                f"A directory is at ldaps://localhost:{tls_port} and ldap://localhost:{port}"
            )
            console.say(f"Log in as {directories.READER} with password {directories.PASSWORD}")
            below = (directories.SUBSCRIBERS, directories.CONTACTS, directories.STAFF)
            console.say(f"Below {', '.join(below)}")
            console.say(f"Trust {certificate.authority}")
            process.wait()
        console.say("It is gone.")


@root.command()
def export(
    name: Annotated[str, typer.Argument(help=f"Which: {', '.join(EXPORTS)}.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    users: Annotated[int, typer.Option(min=1, help="How many users are in it.")] = 100,
) -> None:
    """Write what a PBX exports, with the quirks that spreadsheet programs leave in it."""
    if name not in EXPORTS:
        raise UnknownName("export", name, [*EXPORTS])
    write_export(name, file, users)
    console.say(f"{file} holds {users:,} users")


@root.command()
def client(
    address: Annotated[str, typer.Argument(help="The address in the QR code.")],
    ca: Annotated[Path | None, typer.Option(help="PEM file to trust.")] = None,
) -> None:
    """Fetch a configuration as a phone does, and show it with the secrets masked."""
    fetched = fetch(address, ca)
    console.json_out(masked(fetched.document))
    console.say(
        "Asked again by its own address: " + ("unchanged" if fetched.unchanged_after else "new")
    )


def masked(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without passwords and without the device's own address."""
    accounts = [{**each, "password": "****"} for each in document["accounts"]]
    return {**document, "accounts": accounts, "refresh": {"url": "****"}}


def _stay(*lines: str) -> None:
    """Say *lines*, and stay until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        for line in lines:
            console.say(line)
        signal.pause()
    console.say("It is gone.")


def main() -> None:
    """Run the command line; being told to end (SIGTERM) is a Ctrl-C, so that nothing is left."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run(root)


if __name__ == "__main__":
    main()
