"""Runs the service until it is told to end: its certificate, its port, and what it says first."""

from pathlib import Path

from offhook import console
from offhook.certificates.own import stamp_files
from offhook.diagnostics.probing import context_for
from offhook.doors import Plugins
from offhook.errors import SettingsError
from offhook.settings import ProcessSettings
from offhook_redirector import serving
from offhook_redirector.settings import RedirectSettings
from offhook_redirector.store import Store
from offhook_server import listening, logs, proxies
from offhook_server.certificates import Newest
from offhook_server.serving import Listener, run


def serve(settings: RedirectSettings, store: Store, allow_loopback: bool) -> None:
    """Serve until SIGINT or SIGTERM; raises `SettingsError` for what cannot be served."""
    _check_exposure(settings)
    certificates = _follow_certificate(settings)
    tls = certificates.open()
    application = serving.create(
        store,
        settings,
        Plugins.installed().formats,
        ca=_read_authorities(settings.ca_file),
        allow_loopback=allow_loopback,
    )
    guarded = proxies.behind(application, settings.trusted_proxies, tls=bool(tls))
    socket = listening.open_port(settings.listen, "listen")
    logs.configure()
    _say_where(settings, allow_loopback=allow_loopback, tls=bool(tls))
    run([Listener(guarded, socket)], tls, (), certificates.follow, console.warn)


def _check_exposure(settings: RedirectSettings) -> None:
    """Raise `SettingsError` where tokens would travel without TLS."""
    if settings.certificate or settings.trusted_proxies or listening.is_loopback(settings.listen):
        return
    raise SettingsError(
        f"listen = {settings.listen} can be reached from outside, and there is no certificate: "
        "tokens would travel unencrypted.",
        hint="Set certificate and private_key; or trusted_proxies, if a proxy in front does TLS; "
        "or listen on 127.0.0.1.",
    )


def _follow_certificate(settings: RedirectSettings) -> Newest:
    """Return the certificate of the settings, read again when its files have changed."""
    files = (settings.certificate, settings.private_key)
    pair = ProcessSettings(certificate=files[0], private_key=files[1])
    return Newest(lambda: listening.open_certificate(pair), lambda: stamp_files(*files))


def _read_authorities(path: str) -> str:
    """Return the authorities of a file; raises `InvalidInput` where there are none."""
    try:
        text = Path(path).read_text(encoding="ascii") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} (ca_file) cannot be read: {error}.",
            hint="Set ca_file to a file with certificates in PEM format.",
        ) from error
    context_for(text)
    return text


def _say_where(settings: RedirectSettings, *, allow_loopback: bool, tls: bool) -> None:
    scheme = "https" if tls else "http"
    console.say(f"Redirect service: {scheme}://{settings.listen}")
    if allow_loopback:
        console.warn(
            "--allow-loopback is for tests only: servers can try hosts on this very machine."
        )
    if not tls and not settings.trusted_proxies:
        console.warn("Without a certificate no client gets through: set certificate, private_key.")
    console.say(f"Clients and servers call it {settings.public_url}. Ctrl-C ends it.")
