"""A plugin for a client that reads lines from paper, and the contract's tests to run on it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from attrs import evolve, frozen

from offhook.api import ClientFormat, RenderedConfig, Secret, described, hookimpl
from offhook.doors import Plugins
from offhook.testing import PluginContract, Seen

FORMAT = ClientFormat(
    name="paper", label="Paper", version=1, content_type="text/plain", deep_link=str
)


@frozen(kw_only=True)
class Careless:
    host: str = described(default="", help=" ")
    sip_password: str = described(default="", help="It is not hidden.")
    pin: Secret | None = described(default=None, help="It is hidden.")


def contract(**hooks: Callable[..., Any]) -> Any:
    """Return the contract of a plugin with *hooks* that renders one account as three lines."""
    module = ModuleType("offhook_acme")
    for name, hook in hooks.items():
        setattr(module, name, hookimpl(hook))

    class Contract(PluginContract):
        plugin = module
        options = Careless()

        def read_accounts(self, format_name: str, body: bytes) -> list[Seen]:
            return [Seen(*body.decode().split("\n")[1:4])]

    return Contract()


def check(test: str, *arguments: Any, **hooks: Callable[..., Any]) -> None:
    """Run one test of the contract on a plugin with *hooks*."""
    tested = contract(**hooks)
    getattr(tested, test)(Plugins({"acme": tested.plugin}), *arguments)


def check_format(test: str, *arguments: Any, **changes: Any) -> None:
    """Run one test of the contract on a plugin whose format has *changes*."""
    changed = evolve(FORMAT, **changes)
    check(test, *arguments, client_formats=lambda: [changed], render=render)


def check_render(test: str, *arguments: Any, render: Callable[..., Any]) -> None:
    """Run one test of the contract on a plugin that renders so."""
    check(test, *arguments, client_formats=lambda: [FORMAT], render=render)


def render(document: Any, device: Any) -> RenderedConfig:
    """Render one account as lines, and believe every name and password."""
    account = document.accounts[0]
    credentials = account.credentials
    lines = [device.url.reveal(), credentials.username, credentials.password.reveal()]
    return paper("\n".join([*lines, account.display_name]))


def paper(text: str, **others: Any) -> RenderedConfig:
    """Return *text* as a rendered configuration."""
    return RenderedConfig(
        body=text.encode(errors="replace"), **{"content_type": "text/plain", **others}
    )
