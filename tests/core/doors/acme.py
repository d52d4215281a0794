"""A plugin named acme, made of functions, and the door to it."""

from collections.abc import Callable
from types import ModuleType

import attrs

from offhook.api import (
    ClientFormat,
    Finding,
    RenderedConfig,
    Secret,
    described,
    hookimpl,
)
from offhook.doors import Limits, Plugins
from offhook.testing import sample_connection, sample_device, sample_document

CONNECTION = sample_connection("acme", None)
FINDING = Finding(level="ok", code="fine", summary="It works.")
LIMITS = Limits()
QUICK = Limits(ask=0.1, render=0.1, stream=0.1, step=0.1)


@attrs.frozen(kw_only=True)
class Options:
    host: str = described(help="Where it is.")
    password: Secret = described(help="How we get in.")


def door(limits: Limits = LIMITS, **hooks: Callable[..., object]) -> Plugins:
    """Return the door to one plugin, acme, with these hooks."""
    module = ModuleType("acme")
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    plugins = Plugins({"acme": module}, limits=limits)
    assert plugins.broken == {}
    return plugins


def rendering(render: Callable[..., object], limits: Limits = LIMITS) -> Plugins:
    """Return the door to a plugin that renders paper so."""
    paper = ClientFormat(
        name="paper", label="Paper", version=1, content_type="text/plain", deep_link=str
    )
    return door(limits, client_formats=lambda: [paper], render=render)


def render(plugins: Plugins) -> RenderedConfig:
    """Ask for paper."""
    return plugins.render("paper", sample_document(), sample_device())
