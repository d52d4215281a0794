"""Settings that steer the deployment itself; no client is told."""

from functools import partial

from attrs import frozen

from offhook.model import described as descriptions
from offhook.model.rules import between, check_email, check_name
from offhook.model.settings import conditions
from offhook.model.settings.words import LIFETIMES, choices

_steers = partial(descriptions.described, group="deployment", told=False)


@frozen(kw_only=True, slots=False)
class DeploymentSettings:
    """How links and updates work; see `Settings`."""

    client_format: str = _steers(
        default="offhook",
        help="The client that scans the code; a format of an installed plugin.",
    )
    fetch: str = _steers(
        default="always",
        help="always: the client asks again at every start; once: it keeps what it got.",
        **choices(("always", "once")),
    )
    refresh_interval: int = _steers(
        default=0,
        unit="min",
        check=between(0, 10080),
        applies=conditions.fetches,
        when="with fetch always",
        help="How often a running client asks again, where it can; 0 leaves it to its starts.",
    )
    downloads: int = _steers(
        default=3,
        check=between(1, 10),
        help="How many downloads a link is good for.",
    )
    token_lifetime: str = _steers(
        default="6w",
        system=True,
        help="How long a link is good for.",
        **choices(tuple(LIFETIMES)),
    )
    device_token_days: int = _steers(
        default=30,
        unit="days",
        check=between(1, 365),
        help="The age at which a device gets a new token for its refreshes.",
    )
    download_host: str = _steers(
        default="",
        label="Config download host",
        check=check_name,
        help="Where clients download; empty means the public name of this server.",
    )
    directory_signin: bool = _steers(
        default=False,
        label="Directory sign-in",
        help="Mail and page say that the app may ask for the directory password afterwards.",
    )
    override_email: bool = _steers(
        default=False,
        label="Override user e-mail",
        help="Send every mail of this profile to the deployment e-mail address.",
    )
    deployment_email: str = _steers(
        default="",
        label="Deployment e-mail address",
        check=check_email,
        help="Who gets the mail of a user without an address.",
    )
