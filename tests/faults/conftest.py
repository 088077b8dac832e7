"""A running suite whose processes are disturbed; every test ends with the invariants over all databases."""

import httpx
import pytest

from tests.faults.stage import clear, staged
from tests.faults.walking import PatientVisitor


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    with staged(folder) as running:
        yield running
    clear(running.suite, folder)


@pytest.fixture
async def anyone(stage):
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=stage.suite.url("gateway"), timeout=30, headers=headers) as http:
        yield PatientVisitor(stage.suite.urls(), http)
