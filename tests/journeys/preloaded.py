"""
Runs ``offhook`` in forks of a process that has the libraries loaded: most of a command is that.

Nothing of offhook itself is loaded beforehand: every command imports, reads its settings and opens
its database as it does alone.
"""

import atexit
import io
import json
import os
import site
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

LIBRARIES = (
    *("alembic.command", "argon2", "cryptography.fernet", "dbos", "email_validator", "jinja2"),
    *("pluggy", "qrcode", "requests", "rich.console", "rich.progress", "rich.table"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "sqlmodel", "typer"),
)
PATIENCE = 120  # seconds


def run(arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command with no input; returns its status and what it printed."""
    server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / name for name in ("stdout", "stderr")]
        job = {"arguments": list(arguments), "env": dict(env), "outputs": [*map(str, outputs)]}
        server.stdin.write(json.dumps(job | {"cwd": str(Path.cwd())}) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        said = [path.read_text(encoding="utf-8") for path in outputs]
    return subprocess.CompletedProcess(list(arguments), status, *said)


@cache
def _server() -> "subprocess.Popen[str]":
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, server)
    return server


def _end(server: "subprocess.Popen[str]") -> None:
    assert server.stdin
    server.stdin.close()
    server.wait(PATIENCE)


def _serve() -> None:
    for library in LIBRARIES:
        import_module(library)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _be_a_command(**job)
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        answers.flush()


def _be_a_command(arguments: list[str], env: dict[str, str], outputs: list[str], cwd: str) -> None:
    """Become the command; never returns."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(env)
        _customize(env.get("PYTHONPATH", ""))
        os.chdir(cwd)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
        for number, path in enumerate(outputs, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
        sys.stdout, sys.stderr = (_text(number) for number in (1, 2))
        sys.argv = ["offhook", *arguments]
        import_module("offhook.__main__").main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        if sys.exc_info()[0]:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _customize(path: str) -> None:
    """Look for modules where *path* says, and import that which Python imports at its start."""
    sys.path[:0] = filter(None, path.split(os.pathsep))
    sys.modules.pop("sitecustomize", None)
    site.execsitecustomize()


def _text(number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(number, "w", closefd=False)), "utf-8", line_buffering=True
    )


if __name__ == "__main__":
    _serve()
