"""Every service is deployed and reached."""

from pathlib import Path

import pytest

from gateway.proxy.routes import ROUTES
from tests.architecture.tree import PACKAGES, ROOT, SERVICES

BASE = ROOT / "deploy" / "base"


@pytest.mark.skipif(not BASE.is_dir(), reason="deploy/base is not there yet")
@pytest.mark.parametrize("service", PACKAGES)
def test_a_service_has_its_manifest(service):
    manifest: Path = BASE / f"{service}.yaml"
    assert manifest.is_file()
    listed = (BASE / "kustomization.yaml").read_text(encoding="utf-8")
    assert f"{service}.yaml" in listed


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_reached_through_the_gateway(service):
    assert [route for route in ROUTES if route.service == service] != []
