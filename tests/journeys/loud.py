"""Processes that tell everything they can log, and a search of what was said for secrets."""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from html import escape
from pathlib import Path
from urllib.parse import quote

from tests.journeys.installation import Installation, make_installation
from tests.lab.pki import Pki

# Python imports a module of this name before anything else: all loggers are at DEBUG from then on,
# whatever is configured later, and what they say goes to a file as well.
_HOOK = '''"""Log everything."""
import logging, os, structlog
from pathlib import Path

heard = Path(os.environ["HEARD"]) / f"{os.getpid()}.log"
shown = logging.Formatter("%(levelname)s %(name)s %(message)s").format
handle, filtering = logging.Logger.handle, structlog.make_filtering_bound_logger

def hear(logger, record):
    with heard.open("a") as file:
        file.write(shown(record) + "\\n")
    handle(logger, record)

logging.Logger.isEnabledFor = lambda *_: True
logging.Logger.handle = hear
structlog.make_filtering_bound_logger = lambda level: filtering(logging.DEBUG)
'''


@contextmanager
def make_loud_installation(folder: Path, pki: Pki) -> Iterator[Installation]:
    """Make an installation whose processes log at debug level to files in *folder*/heard."""
    hooks, heard = folder / "hooks", folder / "heard"
    hooks.mkdir()
    heard.mkdir()
    (hooks / "sitecustomize.py").write_text(_HOOK)
    paths = [str(hooks), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {"PYTHONPATH": os.pathsep.join(paths), "HEARD": str(heard)}
    with make_installation(folder, pki, env) as made:
        yield made


def everything_said(installation: Installation) -> dict[str, str]:
    """Return by its place all that commands, server, worker and loggers said, and the database."""
    folder = installation.home.parent
    logs = {path.name: path for path in [*folder.glob("*.log"), *folder.glob("heard/*.log")]}
    said = {f"log {name}": path.read_text(errors="replace") for name, path in logs.items()}
    said |= {f"command {number}": text for number, text in enumerate(installation.said)}
    with closing(sqlite3.connect(installation.home / "offhook.sqlite")) as database:
        said["database"] = "\n".join(database.iterdump())
    return said


def find_secrets(secrets: Mapping[str, Iterable[str]], said: Mapping[str, str]) -> set[str]:
    """Return which kinds of secrets stand where, as they are or as some notation writes them."""
    return {
        f"{kind} in {place}"
        for kind, texts in secrets.items()
        for text in texts
        for place, heard in said.items()
        if any(written in heard for written in _notations(text))
    }


def _notations(secret: str) -> set[str]:
    in_json = json.dumps(secret)[1:-1]
    twice = quote(quote(secret, safe=""), safe="")
    return {secret, quote(secret), quote(secret, safe=""), twice, in_json, escape(secret)}
