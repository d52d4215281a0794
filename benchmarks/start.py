"""How fast the command line starts, beside the floors: Python, typer and rich, an empty Typer."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import offhook

ROUNDS = 15
PYTHON = sys.executable
OFFHOOK = str(Path(PYTHON).with_name("offhook"))
EMPTY = "import typer\napp = typer.Typer()\n@app.command()\ndef main() -> None: ...\napp()\n"
CASES = {
    "python -c pass": (PYTHON, "-c", "pass"),
    "import typer, rich": (PYTHON, "-c", "import typer, rich.console"),
    "empty Typer --help": (PYTHON, "-c", EMPTY, "--help"),
    "offhook --version": (OFFHOOK, "--version"),
    "offhook --help": (OFFHOOK, "--help"),
    "offhook users --help": (OFFHOOK, "users", "--help"),
    "offhook users list": (OFFHOOK, "users", "list"),
}
RATIOS = (
    ("offhook --version", "import typer, rich", 1.0),
    ("offhook --help", "empty Typer --help", 1.3),
)


def main() -> None:
    """Measure in turns, so that a busy moment of the machine slows everything alike."""
    compile_all()
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "OFFHOOK_HOME": home}
        subprocess.run((OFFHOOK, "init"), env=environment, check=True, stdout=subprocess.DEVNULL)
        times: dict[str, list[float]] = {name: [] for name in CASES}
        for _ in range(ROUNDS):
            for name, command in CASES.items():
                times[name].append(measure(command, environment))
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, seconds in medians.items():
        print(f"{name:22} {seconds * 1000:6.0f} ms")
    for ours, floor, goal in RATIOS:
        ratio = statistics.median(a / b for a, b in zip(times[ours], times[floor], strict=True))
        print(f"{ours} / {floor}: {ratio:.2f} (goal: {goal})")


def compile_all() -> None:
    """Compile what lies in the workspace; installers compile what they install."""
    folder = str(Path(offhook.__file__).parents[1])
    subprocess.run((PYTHON, "-m", "compileall", "-q", folder), check=True)


def measure(command: Sequence[str], environment: dict[str, str]) -> float:
    """Return the seconds from start to end."""
    before = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - before


if __name__ == "__main__":
    main()
