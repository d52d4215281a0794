"""A certificate authority for one demo: no phone trusts it, the check client does."""

from collections.abc import Sequence
from pathlib import Path

import trustme
from attrs import frozen


@frozen
class DemoCertificate:
    """Paths of PEM files: the authority's certificate, and a server's chain and private key."""

    authority: Path
    chain: Path
    key: Path


def make_certificate(folder: Path, names: Sequence[str]) -> DemoCertificate:
    """Make an authority and a server certificate for *names* in *folder*; kept where they are."""
    made = DemoCertificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    if made.key.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="offhook demo")
    server = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(made.authority)
    made.chain.write_bytes(b"".join(part.bytes() for part in server.cert_chain_pems))
    made.key.touch(mode=0o600)
    server.private_key_pem.write_to_path(made.key)
    return made
