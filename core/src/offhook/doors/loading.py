"""Find the installed plugins; what cannot be used is set aside with a reason, and harms nobody."""

from collections.abc import Collection, Mapping
from importlib.metadata import Distribution, EntryPoint, entry_points
from inspect import getdoc

import pluggy
from attrs import Factory, frozen

from offhook import hookspecs

GROUP = "offhook"


@frozen(kw_only=True)
class PluginDescription:
    """What is known of a plugin: where it comes from, what it does, and why it cannot be used."""

    name: str
    distribution: str = ""
    version: str = ""
    summary: str = ""
    hooks: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    pbx_types: tuple[str, ...] = ()
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


def new_manager() -> pluggy.PluginManager:
    """Return a plugin manager that knows the hooks of offhook."""
    manager = pluggy.PluginManager("offhook")
    manager.add_hookspecs(hookspecs)
    return manager


def implemented(name: str, plugin: object) -> tuple[str, ...]:
    """
    Return the hooks that *plugin* implements, sorted.

    Raises `pluggy.PluginValidationError` with the reason when it cannot be a plugin: a misspelt
    hook or argument, or no hook at all. It is tried alone, so that it cannot harm others.
    """
    manager = new_manager()
    manager.register(plugin, name)
    manager.check_pending()
    callers = manager.get_hookcallers(plugin) or []
    if not callers:
        raise pluggy.PluginValidationError(plugin, "it implements no hook")
    return tuple(sorted(caller.name for caller in callers))


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
