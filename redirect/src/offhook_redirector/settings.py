"""Settings of the service: ``redirect.toml`` in the data folder, ``OFFHOOK_REDIRECT_*`` wins."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen

from offhook.errors import SettingsError
from offhook.model.described import described
from offhook.model.rules import between, check_host
from offhook.model.secrets import Secret
from offhook.settings import check_listen, check_url, find_home, read_all
from offhook_email_smtp import Options
from offhook_server.listening import is_loopback

FILE = "redirect.toml"
PREFIX = "OFFHOOK_REDIRECT_"


@frozen(kw_only=True)
class RedirectSettings:
    """What the service is called, where it listens, where its data and its mail server are."""

    home: Path = described(default=Path(), help="The data folder.")
    database: str = described(
        default="", help="Database URL; empty means redirect.sqlite in the data folder."
    )
    public_url: str = described(
        default="https://localhost:8445",
        check=check_url,
        help="What clients and servers call this service: https://HOST[:PORT].",
    )
    listen: str = described(
        default="127.0.0.1:8445", check=check_listen, help="Where it is served."
    )
    certificate: str = described(default="", help="PEM file: server certificate and chain.")
    private_key: str = described(default="", help="PEM file: the certificate's private key.")
    trusted_proxies: tuple[str, ...] = described(
        default=(), help="Addresses of proxies in front whose X-Forwarded-* headers are believed."
    )
    ca_file: str = described(
        default="", help="PEM file with the authorities of the servers tried; empty: the system's."
    )
    route_days: int = described(
        default=60,
        unit="days",
        check=between(1, 3650),
        help="How long a route lives after its server asked for it last.",
    )
    smtp_host: str = described(
        default="", check=check_host, help="The mail server; empty: mails are not sent."
    )
    smtp_port: int = described(
        default=0,
        check=between(0, 65535),
        help="Its port; 0 is the usual one: 587 with starttls, 465 with tls, 25 with none.",
    )
    smtp_security: str = described(
        default="starttls",
        choices=("starttls", "tls", "none"),
        help="starttls, tls (from the first byte on) or none (only on a network you trust).",
    )
    smtp_user: str = described(default="", help="Account to log in with; empty: without login.")
    smtp_password: Secret = described(default=Secret(""), help="Password of the account.")
    smtp_ca_file: str = described(
        default="", help="PEM file with the mail server's authority; empty: the system's."
    )
    requests_per_minute: int = described(
        default=600,
        check=between(1, 100_000),
        help="The most that one server may ask, mails included, of each instance.",
    )
    probes_per_minute: int = described(
        default=60,
        check=between(1, 10_000),
        help="The most attempts that are made for one server, by each instance.",
    )

    @property
    def database_url(self) -> str:
        """The URL, the default filled in."""
        return self.database or f"sqlite:///{self.home / 'redirect.sqlite'}"

    @property
    def authority(self) -> str:
        """Host and port of this service's public name, as ``@authority`` has them."""
        return urlsplit(self.public_url).netloc.lower().removesuffix(":443")

    def check_exposure(self) -> None:
        """Raise `SettingsError` where tokens would travel without TLS."""
        if self.certificate or self.trusted_proxies or is_loopback(self.listen):
            return
        raise SettingsError(
            f"listen = {self.listen} can be reached from outside, and there is no certificate: "
            "tokens would travel unencrypted.",
            hint="Set certificate and private_key; or trusted_proxies, if a proxy in front does "
            "TLS; or listen on 127.0.0.1.",
        )

    def mail_options(self, sender: str) -> Options | None:
        """Return how to send mails of *sender*; None where there is no mail server."""
        if not self.smtp_host:
            return None
        return Options(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            username=self.smtp_user,
            password=self.smtp_password,
            ca_file=self.smtp_ca_file,
            sender=sender,
        )


def load(environ: Mapping[str, str] = os.environ) -> RedirectSettings:
    """Read file and variables; raises `SettingsError` for what is unknown or unusable."""
    home = find_home(environ)
    return RedirectSettings(home=home, **read_all(RedirectSettings, home / FILE, environ, PREFIX))
