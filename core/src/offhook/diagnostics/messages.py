"""What a message of the catalogue is: how an outcome is recognised, what it means, what to do."""

from fnmatch import fnmatchcase
from typing import Literal

from attrs import frozen

from offhook.model.probes import Outcome

Test = Literal["redirect", "download", "service"]

# Ways to fail that several messages share, as stage/kind/code of an outcome.
NAME_UNKNOWN = (
    *("dns/rcode/NXDOMAIN", "dns/rcode/NODATA", "dns/rcode/FORMERR"),
    *("dns/gai/-2", "dns/gai/-5", "dns/name/*"),
)
DNS_SILENT = ("dns/*/*",)  # after what is told above
REFUSED = ("tcp/os/ECONNREFUSED",)
NO_ROUTE = ("tcp/os/EHOSTUNREACH", "tcp/os/ENETUNREACH", "tcp/os/EACCES", "tcp/os/EINVAL")
DROPPED = ("tcp/limit/*", "tcp/os/ETIMEDOUT")
SILENT = ("tls/limit/*", "http/limit/*", "ws/limit/*", "*/os/ETIMEDOUT")
WRONG_NAME = ("tls/verify/62", "tls/verify/64")
EXPIRED = ("tls/verify/10",)
INCOMPLETE = ("tls/verify/21",)
UNTRUSTED = ("tls/verify/18", "tls/verify/19", "tls/verify/20")
RESET = ("*/os/ECONNRESET", "*/os/EPIPE", "*/os/ECONNABORTED")


@frozen(kw_only=True)
class Message:
    """
    One thing that a test may say; ``code`` is stable and names the test.

    ``met`` are patterns of stage/kind/code. ``summary`` may hold {host}, {port}, {hop}, {code} and
    {detail}. ``pasted`` are words that stand together in the vendor's message for the same thing;
    the first of them alone is enough where no message has all.
    """

    code: str
    met: tuple[str, ...] = ()
    summary: str
    meaning: str
    action: str
    pasted: tuple[str, ...] = ()

    def fits(self, outcome: Outcome) -> bool:
        """Tell whether *outcome* is what this message speaks of."""
        met = f"{outcome.stage}/{outcome.kind}/{outcome.code}"
        return any(fnmatchcase(met, pattern) for pattern in self.met)
