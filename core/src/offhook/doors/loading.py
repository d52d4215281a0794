"""Find the installed plugins; what cannot be used is set aside with a reason, and harms nobody."""

from collections.abc import Collection, Mapping
from importlib.metadata import Distribution, EntryPoint, entry_points
from inspect import getdoc

import pluggy
from attrs import Factory, frozen

from offhook import hookspecs
from offhook.doors.calling import Call, Limits

GROUP = "offhook"


@frozen(kw_only=True)
class PluginDescription:
    """
    What is known of a plugin: where it comes from, what it does, and why it cannot be used.

    ``announces`` holds lines such as "client format linphone" and "PBX type generic".
    """

    name: str
    distribution: str = ""
    version: str = ""
    summary: str = ""
    hooks: tuple[str, ...] = ()
    announces: tuple[str, ...] = ()
    broken: str = ""
    hanging: str = ""
    disabled: bool = False


@frozen(kw_only=True)
class Found:
    """Plugins by name; in ``broken`` a reason for each that could not be loaded."""

    plugins: Mapping[str, object]
    broken: Mapping[str, str] = Factory(dict)
    disabled: Collection[str] = ()
    distributions: Mapping[str, Distribution] = Factory(dict)


def find(disabled: Collection[str] = ()) -> Found:
    """Import the installed plugins, sorted by name, without those in *disabled*."""
    plugins: dict[str, object] = {}
    broken: dict[str, str] = {}
    distributions: dict[str, Distribution] = {}
    by_name: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        by_name.setdefault(entry.name, []).append(entry)
    for name, entries in sorted(by_name.items()):
        if entries[0].dist:
            distributions[name] = entries[0].dist
        if name in disabled:
            continue
        if len(entries) > 1:
            owners = " and ".join(sorted(_owner(entry) for entry in entries))
            broken[name] = f"two plugins have this name, from {owners}; uninstall one of them."
            continue
        try:
            plugins[name] = entries[0].load()
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it does at import)
            broken[name] = f"cannot be imported: {type(error).__name__}: {error}"
    return Found(
        plugins=plugins,
        broken=broken,
        disabled=tuple(name for name in by_name if name in disabled),
        distributions=distributions,
    )


def bind(
    plugins: Mapping[str, object], limits: Limits
) -> tuple[dict[str, dict[str, Call]], dict[str, str]]:
    """
    Return the calls of every usable plugin, by plugin and hook, and why others are not usable.

    Each plugin is tried alone first, so that a broken one cannot harm the others.
    """
    manager, broken = _new_manager(), {}
    for name, plugin in sorted(plugins.items()):
        try:
            _check(name, plugin)
            manager.register(plugin, name)
        except (pluggy.PluginValidationError, ValueError) as error:
            broken[name] = _sentence(error)
    usable = dict(manager.list_name_plugin())
    special = _limits_of(limits)
    calls: dict[str, dict[str, Call]] = {name: {} for name in usable}
    for name, plugin in usable.items():
        others = [other for other in usable.values() if other is not plugin]
        for hook in sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()):
            function = manager.subset_hook_caller(hook, remove_plugins=others)
            calls[name][hook] = Call(name, hook, special.get(hook, limits.ask), function)
    return calls, broken


def _limits_of(limits: Limits) -> dict[str, float]:
    """Return how long hooks may take that are no plain question, in seconds."""
    return {
        "render": limits.render,
        "diagnose": limits.stream,
        "check_settings": limits.stream,
        "list_users": limits.stream,
        "send": limits.step,
        "set_credentials": limits.step,
        "fetch_credentials": limits.step,
        "registrations": limits.step,
        "authorize": limits.stream,
        "open_route": limits.step,
        "probe": limits.step,
    }


def _new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("offhook")
    manager.add_hookspecs(hookspecs)
    return manager


def _check(name: str, plugin: object) -> None:
    """Refuse what cannot be a plugin: a misspelt hook or argument, or no hook at all."""
    manager = _new_manager()
    manager.register(plugin, name)
    manager.check_pending()
    if not manager.get_hookcallers(plugin):
        raise ValueError("it implements no hook")


def _sentence(error: Exception) -> str:
    """Return what pluggy says, without the addresses of objects and in one line."""
    first, *more = str(error).partition(" in plugin <")[0].splitlines()
    return f"{first.rpartition(' for ')[2]}: {more[-1]}" if more else f"{first}."


def describe(name: str, found: Found) -> PluginDescription:
    """Return what the distribution of plugin *name* says, or its own docstring."""
    distribution = found.distributions.get(name)
    if distribution:
        return PluginDescription(
            name=name,
            distribution=distribution.name,
            version=distribution.version,
            summary=distribution.metadata["Summary"] or "",
        )
    lines = (getdoc(found.plugins.get(name)) or "").splitlines()
    return PluginDescription(name=name, summary=lines[0] if lines else "")


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
