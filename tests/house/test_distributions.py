"""The rules that every distribution of the workspace keeps."""

import importlib.machinery
import importlib.metadata
import importlib.util
import re
import sys

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import offhook
from tests.house.sources import ROOT, imported_names, packages, plugins, product_modules, project
from tests.lab import programs

WORKSPACE = project(ROOT)
TOOLS = WORKSPACE["tool"]
DISTRIBUTIONS = {project(folder)["project"]["name"]: folder for folder in packages().values()}


def test_every_package_is_under_the_import_contracts():
    contracts = TOOLS["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if "containers" not in contract)

    assert set(TOOLS["importlinter"]["root_packages"]) == set(packages())
    assert set(re.findall(r"\w+", " ".join(layers))) == set(packages())
    assert contract_named("Plugins know")["source_modules"] == [
        *sorted(plugins()),
        "offhook.generic",
        "offhook.testing",
    ]


def test_every_package_is_known_to_the_other_tools():
    sources = {str((folder / "src").relative_to(ROOT)) for folder in packages().values()}

    assert sources <= set(TOOLS["mypy"]["files"])
    assert set(TOOLS["ruff"]["lint"]["isort"]["known-first-party"]) == set(packages())
    assert set(WORKSPACE["project"]["dependencies"]) == set(DISTRIBUTIONS)
    assert set(TOOLS["uv"]["sources"]) == set(DISTRIBUTIONS)


def test_a_plugin_has_one_name_everywhere():
    for package, folder in plugins().items():
        name = folder.name
        settings = project(folder)["project"]

        assert package == f"offhook_{name}"
        assert settings["name"] == f"offhook-{name}".replace("_", "-")
        assert settings["entry-points"]["offhook"] == {name: package}


def test_every_distribution_comes_with_a_manual_and_its_types():
    for package, folder in packages().items():
        assert (folder / "README.md").read_text().startswith("# "), folder
        assert (folder / "src" / package / "py.typed").is_file(), folder


def test_the_locked_versions_are_in_the_declared_ranges():
    locked = locked_versions()
    for folder in [ROOT, *packages().values()]:
        for requirement in third_party(folder):
            version = locked.get(canonicalize_name(requirement.name))

            assert version, f"{requirement} of {folder.name} is not in requirements.lock"
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{folder.name} wants {requirement}, locked is {version}"
            )


def test_every_dependency_is_explained():
    page = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
    explained = set(re.findall(r"^\| ([\w.-]+) \|", page, re.MULTILINE))
    used = {
        wanted.name for folder in [ROOT, *packages().values()] for wanted in third_party(folder)
    }

    assert {name for name in used - explained if not name.startswith("types-")} == set()


def test_the_distributions_of_one_release_fit_together():
    versions = {name: project(folder)["project"]["version"] for name, folder in own()}

    assert {*versions.values()} == {offhook.__version__}
    for name, folder in own():
        for requirement in requirements(folder):
            if requirement.name in versions:
                assert requirement.specifier.contains(versions[requirement.name]), name


def test_a_distribution_declares_what_it_imports():
    providers = importlib.metadata.packages_distributions() | {
        package: [project(folder)["project"]["name"]] for package, folder in packages().items()
    }
    for package, folder in packages().items():
        allowed = {canonicalize_name(requirement.name) for requirement in requirements(folder)}
        imported = {
            name
            for path in product_modules()
            if path.is_relative_to(folder)
            for name in imported_names(path)
        }
        strangers = imported - {package} - sys.stdlib_module_names

        undeclared = {
            name
            for name in strangers
            if not allowed & {canonicalize_name(provider) for provider in providers.get(name, [])}
        }
        assert undeclared == set(), f"{package} imports what its pyproject.toml does not name"


def test_dev_installs_every_program_that_the_laboratory_runs():
    loader = importlib.machinery.SourceFileLoader("dev", str(ROOT / "dev"))
    dev = importlib.util.module_from_spec(importlib.util.spec_from_loader("dev", loader))
    loader.exec_module(dev)
    needed = {package for names in programs.PACKAGES.values() for package in names.split()}

    assert needed <= set(dev.REAL_COMPONENTS.values())


def contract_named(start: str) -> dict:
    """Return the import contract whose name starts like this."""
    contracts = TOOLS["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["name"].startswith(start))


def own():
    """Return name and folder of every distribution of the workspace."""
    return DISTRIBUTIONS.items()


def requirements(folder) -> list[Requirement]:
    """Return what a distribution, or the workspace, asks for, extras and groups included."""
    settings = project(folder)
    lists = [
        settings["project"].get("dependencies", []),
        *settings["project"].get("optional-dependencies", {}).values(),
        *settings.get("dependency-groups", {}).values(),
    ]
    return [Requirement(text) for texts in lists for text in texts]


def third_party(folder) -> list[Requirement]:
    """Return what a distribution, or the workspace, asks of others."""
    return [wanted for wanted in requirements(folder) if wanted.name not in DISTRIBUTIONS]


def locked_versions() -> dict[str, str]:
    """Return the versions in requirements.lock by name."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = (re.match(r"([\w.-]+)(?:\[.*\])?==([^ ;]+)", line) for line in lines)
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}
