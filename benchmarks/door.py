"""What a call through the plugin door costs, beside the same call without it."""

import time
from collections.abc import Callable
from types import ModuleType

from offhook import generic
from offhook.api import ClientFormat, RenderedConfig, hookimpl
from offhook.doors import Plugins
from offhook.testing import sample_device, sample_document

CALLS = 20_000
EMPTY = RenderedConfig(body=b"", content_type="text/plain")


def main() -> None:
    """Print microseconds per call: median and 99 of 100."""
    plugins = Plugins({"generic": generic, "nothing": _plugin_that_does_nothing()})
    document, device = sample_document(), sample_device()
    report("door alone", lambda: plugins.render("nothing", document, device))
    report("render offhook", lambda: generic.render(document, device))
    report("the same through the door", lambda: plugins.render("offhook", document, device))


def report(what: str, call: Callable[[], object]) -> None:
    """Print how long *call* takes."""
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    times.sort()
    median, slow = (times[CALLS * part // 100] * 1e6 for part in (50, 99))
    print(f"{what:28} {median:7.1f} us, 99 of 100 within {slow:7.1f} us")


def _plugin_that_does_nothing() -> ModuleType:
    nothing = ClientFormat(
        name="nothing", label="Nothing", version=1, content_type="text/plain", deep_link=str
    )
    plugin = ModuleType("nothing")
    vars(plugin).update(client_formats=hookimpl(lambda: [nothing]), render=hookimpl(lambda: EMPTY))
    return plugin


if __name__ == "__main__":
    main()
