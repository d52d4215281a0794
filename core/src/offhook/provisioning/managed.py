"""Managed configuration: what an MDM hands to clients, so that nobody scans or types anything."""

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from offhook.doors import Plugins
from offhook.errors import InvalidInput, Problem
from offhook.model.profiles import NO_TRANSPORT, ResolvedProfile
from offhook.model.secrets import Secret
from offhook.model.users import Selection, User
from offhook.provisioning import addresses, planning
from offhook.provisioning.resolving import Resolver
from offhook.store.campaigns import CampaignLine
from offhook.store.store import Store, Transaction

DEVICE = "mdm"
BATCH = 500
SHOWN = 20


@frozen(kw_only=True)
class Managed:
    """What the client of one user is to be handed, by the app's own keys."""

    user: User
    client: str
    values: Mapping[str, Secret]


@frozen(kw_only=True)
class Exported:
    """Everybody who got something; who did not, as people name them, and why."""

    managed: Sequence[Managed]
    left_out: Mapping[str, str]


def sort_out(
    store: Store, plugins: Plugins, selection: Selection
) -> tuple[tuple[str, ...], dict[str, str]]:
    """
    Return the ids of users whose client takes such a configuration, and why others are left out.

    Raises `InvalidInput` where there is nobody.
    """
    able, left_out = [], {}
    for each in planning.plan(store, plugins, selection, transport=NO_TRANSPORT):
        why_not = _why_not(each.user, each.resolved, plugins)
        if why_not:
            left_out[each.user.key] = why_not
        else:
            able.append(each.user.id)
    if not able:
        raise InvalidInput(
            "There is nobody whose client an MDM could configure.",
            [Problem(key, "", reason) for key, reason in [*left_out.items()][:SHOWN]],
        )
    return tuple(able), left_out


def export(
    store: Store,
    plugins: Plugins,
    campaign_id: str,
    left_out: Mapping[str, str],
    *,
    public_url: str,
    authority: bool,
) -> Exported:
    """
    Return what is to be handed out for the links of a campaign.

    With *authority* the clients get the certificate of the site's own one, too, where their profile
    has one.
    """
    resolve, after = Resolver(plugins), ""
    managed, without = [], dict(left_out)
    while True:
        with store.read() as tx:
            lines = tx.campaigns.lines(campaign_id, after=after, limit=BATCH)
            users = {each.id: each for each in tx.users.get([_of(line) for line in lines])}
            profiles = {each.name: each for each in tx.profiles.all()}
            tokens = _tokens(tx, lines)
        for line in lines:
            user, token = users.get(_of(line)), tokens.get(line.deployment.id)
            if not user or not token:
                without[line.user or _of(line)] = line.deployment.delivery_detail or "deleted"
                continue
            resolved = resolve(profiles[user.profile], user)
            client = plugins.formats.get(resolved.settings.client_format)
            if client and client.managed:
                managed.append(
                    _managed(user, resolved, client.managed, token, public_url, authority)
                )
            else:  # its profile has changed since the campaign began
                without[user.key] = _why_not(user, resolved, plugins)
        if not lines:
            return Exported(managed=managed, left_out=without)
        after = lines[-1].deployment.id


def _managed(
    user: User,
    resolved: ResolvedProfile,
    make: Callable[[str, str], Mapping[str, str]],
    token: Secret,
    public_url: str,
    authority: bool,
) -> Managed:
    name = resolved.settings.client_format
    # Token and device make a pair: its first download counts, all others are refreshes. A phone
    # goes back to what it is handed at every start, so it must stay good.
    base = addresses.base_url(resolved, public_url)
    address = f"{base}/f/{name}?token={token.reveal()}&device={DEVICE}"
    made = make(address, _authority(resolved) if authority else "")
    values = {key: Secret(text) for key, text in made.items()}
    return Managed(user=user, client=name, values=values)


def _authority(resolved: ResolvedProfile) -> str:
    """Return the certificates of the authorities that the profile hands out, in PEM."""
    names = [name for name in ("custom_ca", "vendor_ca") if name in resolved.told]
    return "".join(getattr(resolved.settings, name) for name in names)


def _tokens(tx: Transaction, lines: Sequence[CampaignLine]) -> dict[str, Secret]:
    texts = {line.deployment.id: tx.deployments.token_text(line.deployment.id) for line in lines}
    return {key: text for key, text in texts.items() if text}


def _why_not(user: User, resolved: ResolvedProfile, plugins: Plugins) -> str:
    client = plugins.formats.get(resolved.settings.client_format)
    if not client or not client.managed:
        label = client.label if client else resolved.settings.client_format
        return f"{label} takes nothing from an MDM"
    return "it has a PIN, which nobody can type there" if user.pin else ""


def _of(line: CampaignLine) -> str:
    return line.deployment.user_id
