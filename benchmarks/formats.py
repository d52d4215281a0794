"""What a rendered configuration costs in every installed format, beside json.dumps of its data."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import asdict, frozen

from offhook.api import ConfigDocument, DeviceLink, Secret
from offhook.doors import Plugins
from offhook.model.profiles import Layer
from offhook.model.users import User
from offhook.provisioning import documents, resolving

DOCUMENTS = 10_000
ROUNDS = 5
PROFILE = Layer("the profile", {"pbx_host": "pbx.example.org", "voicemail_number": "*86"})


@frozen
class Measured:
    """Seconds of the best round, and bytes of the first document."""

    seconds: float
    size: int


def main() -> None:
    """Print microseconds per document of every format and of json.dumps."""
    plugins = Plugins.installed()
    asked = [(_document(number), _device(number)) for number in range(DOCUMENTS)]
    data = [asdict(document, value_serializer=_shown) for document, _ in asked]
    floor = Measured(_best(lambda: [json.dumps(each) for each in data]), len(json.dumps(data[0])))
    print(f"{DOCUMENTS:,} documents, best of {ROUNDS} rounds, one process")
    _report("json.dumps of the same data", floor, floor)
    for name in sorted(plugins.formats):
        size = len(plugins.render(name, *asked[0]).body)
        seconds = _best(lambda name=name: plugins.render_all(name, asked))
        _report(name, Measured(seconds, size), floor)


def _best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest round of *work*."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def _report(what: str, measured: Measured, floor: Measured) -> None:
    each = measured.seconds / DOCUMENTS * 1e6
    times = measured.seconds / floor.seconds
    print(f"{what:28} {each:7.1f} us {times:6.1f} times {measured.size:6} bytes")


def _document(number: int) -> ConfigDocument:
    """Return what a user of an ordinary profile is told."""
    user = User(
        id=f"u{number}",
        profile="staff",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        first_name="Ana",
        last_name=f"Ruiz & Söhne {number}",
        number=str(number),
        pbx_username=str(number),
        pbx_password=Secret(f"s3cret-<of>-{number}"),
    )
    return documents.build(user, resolving.resolve([PROFILE]))


def _device(number: int) -> DeviceLink:
    token = f"{number:043}"
    url = Secret(f"https://phones.example.org/r/{token}")
    return DeviceLink(url=url, token=Secret(token), once=False)


def _shown(_owner: object, _field: object, value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


if __name__ == "__main__":
    main()
