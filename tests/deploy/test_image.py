"""The Dockerfile and what leaves the build, as text; a builder is not needed."""

import json
import re
import shutil
import subprocess
import tomllib

import pytest

from tests.deploy import image
from tests.deploy.manifests import DEPLOY, ROOT, SERVICES

STEPS = list(image.instructions())


@pytest.mark.req("O2", part="Dockerfile")
def test_an_image_runs_as_a_number_that_is_not_root():
    last = len(STEPS) - 1 - [name for name, _ in reversed(STEPS)].index("FROM")
    final = STEPS[last:]
    assert ("USER", "10001:10001") in final
    assert final[0] == ("FROM", "${BASE}")
    assert [name for name, _ in final][-3:] == ["EXPOSE", "ENTRYPOINT", "CMD"]
    assert "HEALTHCHECK" not in {name for name, _ in STEPS}
    assert "ADD" not in {name for name, _ in STEPS}


def test_only_locked_packages_of_the_service_are_installed():
    [command] = [argument for name, argument in STEPS if name == "RUN" and "uv sync" in argument]
    assert 'uv sync --frozen --no-dev --package "paet-$SERVICE"' in command
    assert STEPS[:2] == [("ARG", "BASE=python:3.11-slim"), ("ARG", "UV=ghcr.io/astral-sh/uv:0.13.9")]


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".local/keys/review.pem",
        ".venv/bin/python",
        ".env",
        "services/review/.env",
        "deploy/compose.yaml",
        "kit/local/infra.py",
        "kit/testing/peers.py",
        "tests/bundles.py",
        "kit/__pycache__/app.pyc",
        "docs/x.md",
    ],
)
def test_what_no_image_needs_does_not_enter_the_build(path):
    assert image.ignored(path)


@pytest.mark.parametrize(
    "path", ["uv.lock", "pyproject.toml", "kit/app.py", "kit/fonts/Laksaman.ttf", "services/review/main.py",
             "gateway/catalogue/x/definition.yaml", "deploy/start.sh"],
)  # fmt: skip
def test_what_an_image_needs_enters_the_build(path):
    assert not image.ignored(path)


@pytest.mark.parametrize("service", [*SERVICES, "nobody"])
def test_the_entry_starts_the_programs_of_its_service(service, tmp_path):
    package = "gateway" if service == "gateway" else f"services.{service}"
    (tmp_path / "python").write_text('#!/bin/sh\necho "$(basename "$0") $*"\n')
    (tmp_path / "python").chmod(0o755)

    def said(*words):
        environment = {"SERVICE": service, "PATH": f"{tmp_path}:/usr/bin:/bin"}
        command = ["sh", DEPLOY / "start.sh", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert said() == said("serve")
    assert said() == f"python -m kit.serve {package}.main:app --host 0.0.0.0 --port 8000"
    assert said("migrate") == f"python -m kit.migrate {package}"
    assert said("python", "-m", "x y") == "python -m x y"


@pytest.mark.req("Y7", part="SBOM")
def test_the_bill_of_materials_has_every_locked_package_with_its_hashes():
    uv = shutil.which("uv") or str(ROOT / ".venv-uv" / "bin" / "uv")
    done = subprocess.run(
        [uv, "export", "--quiet", "--frozen", "--offline", "--all-packages", "--all-extras", "--all-groups",
         "--format", "cyclonedx1.5"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    bill = json.loads(done.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    told = {each["purl"]: _hashes(each) for each in bill["components"] if "purl" in each}
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    for package in lock["package"]:
        if "registry" not in package["source"]:
            continue
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert told[f"pkg:pypi/{package['name']}@{package['version']}"] == {file["hash"] for file in files}
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files)


def _hashes(component):
    return {f"sha256:{file['hashes'][0]['content']}" for file in component["externalReferences"]}
