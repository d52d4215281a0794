"""The distributions as a user gets them: wheels, installed without the workspace."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.house.sources import ROOT, files, packages, plugins, project
from tests.lab import programs

UV = ROOT / ".tools" / "bin" / "uv"
VERSION = project(ROOT / "core")["project"]["version"]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Build every wheel: import name -> file. uv brings the backend, so nothing is fetched."""
    if not UV.is_file():
        programs.missing("uv is not in .tools: run ./dev setup")
    folder = tmp_path_factory.mktemp("wheels")
    uv("build", "--all-packages", "--wheel", "--offline", "--out-dir", folder)
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture(scope="module")
def place(tmp_path_factory, wheels):
    """Make an empty virtualenv with core's wheel and what that asks for, from uv's cache."""
    folder = tmp_path_factory.mktemp("place")
    uv("venv", "--python", ROOT / ".venv" / "bin" / "python", folder / "venv")
    install(folder, wheels["offhook"])
    return folder


def test_a_wheel_holds_every_file_of_its_package(wheels):
    assert set(wheels) == set(packages())
    for package, folder in packages().items():
        source = folder / "src"
        names = set(zipfile.ZipFile(wheels[package]).namelist())
        expected = {
            str(path.relative_to(source)) for path in files() if path.is_relative_to(source)
        }

        assert expected - names == set()


def test_core_works_alone_and_the_others_join_it(place, wheels):
    assert VERSION in offhook(place, "--version")
    assert " serve " not in offhook(place, "--help")
    alone = offhook(place, "plugins", "list")
    assert "generic" in alone
    assert "offhook-email-smtp adds" in alone
    assert "offhook-linphone adds" in alone

    install(place, *wheels.values())

    together = offhook(place, "plugins", "list")
    assert {folder.name for folder in plugins().values()} <= set(together.split())
    assert " adds " not in together
    assert " serve " in offhook(place, "--help")


def install(place: Path, *wheels: Path) -> None:
    """Install wheels at the locked versions of their dependencies, without the network."""
    python = place / "venv" / "bin" / "python"
    uv(
        "pip",
        "install",
        "--offline",
        "--constraints",
        ROOT / "requirements.lock",
        *wheels,
        at=python,
    )
    uv("pip", "check", at=python)


def uv(*arguments: str | Path, at: Path | None = None) -> None:
    """Run uv, on another Python where one is given."""
    python = ["--python", at] if at else []
    run(UV, *arguments, *python, cwd=ROOT, UV_COMPILE_BYTECODE="0", UV_PYTHON_DOWNLOADS="never")


def offhook(place: Path, *arguments: str) -> str:
    """Run the installed offhook far from the workspace and return what it printed."""
    program = place / "venv" / "bin" / "offhook"
    return run(program, *arguments, cwd=place, OFFHOOK_HOME=str(place / "home"), COLUMNS="200")


def run(*command: str | Path, cwd: Path, **extra: str) -> str:
    """Run a program to its good end and return what it printed."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=inherited | extra, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout
