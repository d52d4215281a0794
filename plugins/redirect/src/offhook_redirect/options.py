"""What an administrator says about a redirect service."""

from attrs import frozen

from offhook.api import check_host, described


def _check_service(value: str) -> None:
    if not value:
        raise ValueError("give the redirect service's name")
    check_host(value)


@frozen(kw_only=True)
class Options:
    """Where the redirect service is."""

    host: str = described(
        identifies=True,
        help="Name of the redirect service; its certificate must be made for it.",
        check=_check_service,
    )
