"""Whether this installation is as planned: its settings, and a profile."""

import ipaddress
from collections.abc import Iterator, Mapping

from offhook.model.findings import Finding
from offhook.settings import FILE, ProcessSettings
from offhook.topology.plans import Plan, words

_SETTINGS, _PROFILE = "topology-settings", "topology-profile"


def compare_settings(plan: Plan, settings: ProcessSettings) -> Iterator[Finding]:
    """Yield where the *settings* of this process are not as planned."""
    found = list(_differing_settings(plan, settings))
    yield from found
    if not found:
        yield Finding(level="ok", code=_SETTINGS, summary=f"{FILE} is as planned.")


def compare_profile(plan: Plan, settings: Mapping[str, str], name: str) -> Iterator[Finding]:
    """Yield where the profile *name*, whose *settings* are given as texts, is not as planned."""
    host = settings["gateway_host"]
    planned = next((each for each in plan.profiles if each.host == host), None)
    if not planned:
        hosts = " or ".join(each.host for each in plan.profiles)
        yield Finding(
            level="failure",
            code=_PROFILE,
            summary=f"Profile {name}: gateway_host is {host or 'empty'}, no name of this site.",
            action=f"Set gateway_host={hosts}: offhook profiles edit {name}",
        )
        return
    differing = {
        key: text
        for key, text in planned.settings.items()
        if settings[key] not in (text, f"{text}-locked")
    }
    for key, text in differing.items():
        yield Finding(
            level="warning",
            code=_PROFILE,
            summary=f"Profile {name}: {key} is {settings[key] or 'empty'}, planned is {text}.",
            action=f"offhook profiles edit {name} {key}={text}",
        )
    if not differing:
        yield Finding(
            level="ok", code=_PROFILE, summary=f"Profile {name} is as planned for {host}."
        )


def _differing_settings(plan: Plan, settings: ProcessSettings) -> Iterator[Finding]:
    wanted = f"https://{words(plan.topology, plan.site, plan.services)['public']}"
    edit = f"Edit it in {settings.home / FILE}, then restart offhook serve."
    if settings.public_url.rstrip("/") != wanted:
        yield Finding(
            level="failure",
            code=_SETTINGS,
            summary=f"public_url is {settings.public_url}, planned is {wanted}.",
            meaning="Mails and codes lead elsewhere.",
            action=edit,
        )
    port = settings.downloads_listen.rpartition(":")[2]
    if port != str(plan.site.offhook.port):
        yield Finding(
            level="warning",
            code=_SETTINGS,
            summary=f"downloads_listen has port {port}, planned is {plan.site.offhook.port}.",
            meaning="What proxy and firewall lead here finds nobody, unless something is between.",
            action=edit,
        )
    strangers = [
        each.inside for each in plan.site.gateways if not _is_trusted(each.inside, settings)
    ]
    if plan.site.proxied and strangers:
        yield Finding(
            level="warning",
            code=_SETTINGS,
            summary=f"trusted_proxies lacks {', '.join(strangers)}.",
            meaning="All clients seem to have the MBG's address, and share one limit on guessing.",
            action=edit,
        )


def _is_trusted(address: str, settings: ProcessSettings) -> bool:
    try:
        known = [ipaddress.ip_network(each, strict=False) for each in settings.trusted_proxies]
    except ValueError:  # offhook serve refuses it, and says why
        return False
    return any(ipaddress.ip_address(address) in network for network in known)
