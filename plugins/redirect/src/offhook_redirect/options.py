"""What an administrator says about a redirect service."""

from attrs import frozen

from offhook.api import check_host, described


@frozen(kw_only=True)
class Options:
    """Where the redirect service is."""

    host: str = described("Host name of the redirect service", validator=check_host)
