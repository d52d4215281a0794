"""Settings of the service: ``redirect.toml`` in the data folder, ``OFFHOOK_REDIRECT_*`` wins."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen

from offhook.model.described import described
from offhook.model.rules import between, check_host
from offhook.model.secrets import Secret
from offhook.settings import check_listen, check_url, find_home, read_all

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
    smtp_connections: int = described(
        default=8,
        check=between(1, 64),
        help="The most connections to the mail server at the same time, of each instance.",
    )
    requests_per_minute: int = described(
        default=600,
        check=between(1, 100_000),
        help="The most that one server may ask, mails included, of each instance.",
    )
    probes_per_minute: int = described(
        default=60,
        check=between(1, 10_000),
        help="The most attempts that one server may cause, proofs included, at each instance.",
    )

    @property
    def database_url(self) -> str:
        """The URL, the default filled in."""
        return self.database or f"sqlite:///{self.home / 'redirect.sqlite'}"

    @property
    def base(self) -> str:
        """What addresses here begin with: as clients write it, in lower case, without port 443."""
        return f"https://{urlsplit(self.public_url).netloc.lower().removesuffix(':443')}"


def load(environ: Mapping[str, str] = os.environ) -> RedirectSettings:
    """Read file and variables; raises `SettingsError` for what is unknown or unusable."""
    home = find_home(environ)
    return RedirectSettings(home=home, **read_all(RedirectSettings, home / FILE, environ, PREFIX))
