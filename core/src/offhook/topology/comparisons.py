"""Whether this installation is as planned: its settings, and a profile."""

import ipaddress
from collections.abc import Iterator, Mapping

from offhook.model.findings import Finding
from offhook.settings import FILE, ProcessSettings
from offhook.topology.findings import say
from offhook.topology.plans import Plan, words


def compare_settings(plan: Plan, settings: ProcessSettings) -> list[Finding]:
    """Return where the *settings* of this process are not as planned."""
    edit = f"Edit it in {settings.home / FILE}, then restart offhook serve."
    found = [say("warning", "settings", each, edit) for each in _differences(plan, settings)]
    return found or [say("ok", "settings", f"{FILE} is as planned.")]


def compare_profile(plan: Plan, settings: Mapping[str, str], name: str) -> list[Finding]:
    """Return where the profile *name*, whose *settings* are given as texts, is not as planned."""
    host = settings["gateway_host"]
    planned = next((each for each in plan.profiles if each.host == host), None)
    if not planned:
        hosts = " or ".join(each.host for each in plan.profiles)
        text = f"Profile {name}: gateway_host is {host or 'empty'}, no name of this site."
        edit = f"Set gateway_host={hosts}: offhook profiles edit {name}"
        return [say("failure", "profile", text, edit)]
    found = [
        say(
            "warning",
            "profile",
            f"Profile {name}: {key} is {settings[key] or 'empty'}, planned is {text}.",
            f"offhook profiles edit {name} {key}={text}",
        )
        for key, text in planned.settings.items()
        if settings[key] not in (text, f"{text}-locked")
    ]
    return found or [say("ok", "profile", f"Profile {name} is as planned for {host}.")]


def _differences(plan: Plan, settings: ProcessSettings) -> Iterator[str]:
    site = plan.site
    wanted = f"https://{words(plan.topology, site, plan.services)['public']}"
    if settings.public_url.rstrip("/") != wanted:
        yield f"public_url is {settings.public_url}, planned is {wanted}: links lead elsewhere."
    port = settings.downloads_listen.rpartition(":")[2]
    if port != str(site.offhook.port):
        yield f"downloads_listen has port {port}, planned is {site.offhook.port}."
    strangers = [each.inside for each in site.gateways if not _is_trusted(each.inside, settings)]
    if site.proxied and strangers:
        yield (
            f"trusted_proxies lacks {', '.join(strangers)}: all clients seem to be there, and "
            "share one limit on guessing."
        )


def _is_trusted(address: str, settings: ProcessSettings) -> bool:
    try:
        known = [ipaddress.ip_network(each, strict=False) for each in settings.trusted_proxies]
    except ValueError:  # offhook serve refuses it, and says why
        return False
    return any(ipaddress.ip_address(address) in network for network in known)
