"""``offhook certs``: asks for certificates, tries them as phones do, installs and exports them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from offhook import console
from offhook.certificates import asking, examining, exporting, installing, live, own
from offhook.certificates.fetching import complete, download
from offhook.certificates.handshakes import Target, look
from offhook.certificates.orders import order as put_in_order
from offhook.certificates.reading import pem_of, read_files
from offhook.certificates.requests import RequestForm
from offhook.certificates.trust import Trust
from offhook.certificates.views import describe_all
from offhook.cli import app_of, certviews
from offhook.cli.arguments import read_pairs
from offhook.cli.files import new_file
from offhook.errors import InvalidInput
from offhook.model.admins import PRIMARY
from offhook.model.described import describe
from offhook.model.findings import Finding
from offhook.model.rules import check_host
from offhook.model.secrets import Secret

app = typer.Typer(
    add_completion=False,
    help="Ask for certificates, try them as phones do, install them.",
    no_args_is_help=True,
)
FIELDS = ", ".join(describe(RequestForm))
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="PEM, DER, PKCS#7 or PKCS#12.")
]
Ask = Annotated[bool, typer.Option("--password", help="Ask for the password of the files.")]
Fetch = Annotated[bool, typer.Option("--fetch", help="Get intermediate ones that are missing.")]
Ca = Annotated[
    str, typer.Option("--ca", metavar="FILE", help="Roots of the phones, not this machine's.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Out = Annotated[str, typer.Option(metavar="FILE", help="Where to; - is the output.")]


@app.command()
def csr(
    ctx: typer.Context,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help=f"Names: {FIELDS}.")
    ] = None,
    out: Out = "-",
) -> None:
    """Make a signing request; what is not given is as in the last one."""
    wired = app_of(ctx)
    texts = read_pairs(values or [])
    with new_file(out) as file:
        asked = asking.ask(wired.settings, wired.store, texts, actor=wired.actor, now=wired.now())
        file.write(asked.pem.encode())
    for name, field in describe(RequestForm).items():
        console.warn(f"{field.label + ':':14} {field.show(getattr(asked.form, name))}")
    for each in asked.findings:
        console.warn(f"{each.summary} {each.action}")
    console.warn("The key stays here. Next, with what comes back: offhook certs install FILES")


@app.command()
def inspect(
    ctx: typer.Context,
    target: Annotated[
        str, typer.Argument(metavar="[FILE|HOST:PORT]", help="None: what this server presents.")
    ] = "",
    password: Ask = False,
    ca: Ca = "",
    as_json: AsJson = False,
) -> None:
    """Show certificates: issuer, subject, names, from when and until when, keys."""
    shown = _own(ctx, Trust(ca)) if not target else _other(ctx, target, password, Trust(ca))
    if as_json:
        console.json_out(shown)
    else:
        certviews.show_certificates(shown["certificates"])
        certviews.show_findings(shown["findings"])


@app.command()
def order(
    ctx: typer.Context,
    files: Files,
    fetch: Fetch = False,
    out: Annotated[str, typer.Option(metavar="FILE", help="Write the chain here.")] = "",
    split: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write certificate.pem and intermediates.pem here."),
    ] = None,
    password: Ask = False,
    ca: Ca = "",
    as_json: AsJson = False,
) -> None:
    """Put certificates in order, without root and repetitions; say which one is missing."""
    now, trust = app_of(ctx).now(), Trust(ca)
    given = read_files(files, _secret(password)).certificates
    if not given:
        raise InvalidInput("There is no certificate in these files.")
    found = complete(given, trust, now, get=download) if fetch else put_in_order(given, trust, now)
    if out:
        _write(out, pem_of(found.chain))
    if split:
        split.mkdir(parents=True, exist_ok=True)
        _write(split / "certificate.pem", pem_of(found.chain[:1]))
        _write(split / "intermediates.pem", pem_of(found.chain[1:]))
    findings = list(examining.examine(found.chain, found, "", trust, now))
    certviews.show_order(found, findings, now, as_json=as_json)
    _exit_on(findings)


@app.command()
def check(
    ctx: typer.Context,
    host: Annotated[str, typer.Argument(help="The name that phones use.")],
    port: Annotated[
        list[int] | None,
        typer.Option(
            min=1, max=65535, help="443, and 36008 where there is a client service; repeat it."
        ),
    ] = None,
    address: Annotated[str, typer.Option(help="Ask this address, not that of DNS.")] = "",
    ca: Ca = "",
    as_json: AsJson = False,
) -> None:
    """Try the certificates of a running server as a phone does: 0 (ok), or what to do."""
    try:
        check_host(host)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    now = app_of(ctx).now()
    with console.progress(f"Asking {host}"):
        found = live.check(host, port or (), address=address, trust=Trust(ca), now=now)
    together = live.compare(found)
    if as_json:
        console.json_out({"ports": found, "findings": together})
    else:
        certviews.show_ports(found)
        certviews.show_findings(together)
    _exit_on([each for one in found for each in one.findings] + together)


@app.command()
def install(
    ctx: typer.Context,
    files: Files,
    fetch: Fetch = False,
    password: Ask = False,
    ca: Ca = "",
    as_json: AsJson = False,
) -> None:
    """Let this server present a certificate: give its chain and, unless asked for here, its key."""
    wired = app_of(ctx)
    done = installing.install(
        *(wired.settings, wired.store, read_files(files, _secret(password))),
        trust=Trust(ca),
        get=download if fetch else None,
        actor=wired.actor,
        now=wired.now(),
    )
    if as_json:
        console.json_out(done)
        return
    certviews.show_certificates(done.certificates)
    certviews.show_findings(done.findings)
    if done.served:
        console.say("Installed. Servers that speak TLS already present it within 10 seconds; one")
        console.say("that was started without a certificate has to be started again.")
        console.say("The key is kept sealed: delete the files that you have installed it from.")
    else:
        console.warn("Installed, but not presented: take certificate and private_key out of the")
        console.warn("settings, which name other files, then start the server again.")


@app.command()
def export(
    ctx: typer.Context,
    out: Out = "certificate.zip",
    key: Annotated[bool, typer.Option(help="With the private key.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Write the certificate, its chain and its private key as a ZIP, for another server."""
    wired = app_of(ctx)
    if key and not yes and not console.confirm(f"{exporting.WARNING} Go on?"):
        raise InvalidInput("Nothing was exported.", hint="Confirm, or add --yes, or --no-key.")
    with new_file(out) as file:
        made = exporting.export(
            *(wired.settings, wired.store),
            key=key,
            role=PRIMARY,  # whoever may run commands here can read the keys
            actor=wired.actor,
            now=wired.now(),
        )
        file.write(made.content)
    if made.warning:
        console.warn(made.warning)


def _own(ctx: typer.Context, trust: Trust) -> dict[str, Any]:
    wired = app_of(ctx)
    found = own.show(wired.settings, wired.store, trust=trust, now=wired.now())
    if not found:
        raise InvalidInput(
            "This server has no certificate yet.",
            hint="Ask for one: offhook certs csr; or install one: offhook certs install FILES",
        )
    return {"certificates": found.certificates, "findings": found.findings}


def _other(ctx: typer.Context, target: str, password: bool, trust: Trust) -> dict[str, Any]:
    now = app_of(ctx).now()
    if Path(target).is_file():
        found = read_files([Path(target)], _secret(password))
        return {
            "certificates": describe_all(found.certificates, now),
            "findings": certviews.describe_keys(found),
        }
    host, _, port = target.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise InvalidInput(f"{target} is neither a file nor HOST:PORT.", hint="Check the name.")
    seen = look(Target(host=host.strip("[]"), port=int(port)), trust, live.LIMIT)
    return {"certificates": describe_all(seen.served, now), "findings": ()}


def _secret(wanted: bool) -> Secret | None:
    return console.ask_secret("Password of the files") if wanted else None


def _write(path: str | Path, content: str) -> None:
    with new_file(path) as file:
        file.write(content.encode())


def _exit_on(findings: list[Finding]) -> None:
    if any(each.level == "failure" for each in findings):
        raise typer.Exit(1)
