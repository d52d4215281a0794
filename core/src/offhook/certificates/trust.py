"""Which roots count: those of this machine, as a phone has its own, or those of a file."""

import ssl
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from attrs import define
from cryptography import x509

from offhook.certificates.reading import pem_of, read_files
from offhook.certificates.views import issued
from offhook.tls import verifying


@define(slots=False)
class Trust:
    """The roots that clients have: those in ``ca_file``, else those of this machine."""

    ca_file: str = ""

    def context(self) -> ssl.SSLContext:
        """Return what a client of today connects with, in every version of Python."""
        if self.ca_file:
            context = ssl.create_default_context(cadata=pem_of(self.roots))
        else:
            context = verifying()
        context.hostname_checks_common_name = False
        context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
        return context

    @cached_property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The certificates themselves, each once; raises `InvalidInput` for an unusable file."""
        path = Path(self.ca_file)
        found = read_files([path]).certificates if self.ca_file else _of_machine()
        return tuple(dict.fromkeys(found))

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """Return the root that has issued *certificate*."""
        named = self._by_name.get(certificate.issuer, ())
        return next((root for root in named if issued(root, certificate)), None)

    @cached_property
    def _by_name(self) -> Mapping[x509.Name, Sequence[x509.Certificate]]:
        found = defaultdict(list)
        for root in self.roots:
            found[root.subject].append(root)
        return found


def _of_machine() -> list[x509.Certificate]:
    """Return what OpenSSL would trust here: its file, and its folder, which it reads as needed."""
    contents = ssl.create_default_context().get_ca_certs(binary_form=True)
    folder = ssl.get_default_verify_paths().capath
    if folder:
        paths = {each.resolve() for each in Path(folder).glob("*.[0-9]")}
        contents += [ssl.PEM_cert_to_DER_cert(each.read_text("ascii")) for each in sorted(paths)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old roots whose serial number is 0
        return [each for content in contents for each in _parsed(content)]


def _parsed(content: bytes) -> Iterator[x509.Certificate]:
    """Yield a certificate; nothing for one that is too odd to be read."""
    try:
        yield x509.load_der_x509_certificate(content)
    except ValueError:
        return
