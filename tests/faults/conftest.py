"""A running suite whose processes are disturbed; every test ends with the invariants over all databases."""

import httpx
import pytest

from kit.local import samples
from tests.faults.stage import clear, staged
from tests.faults.walking import PatientVisitor


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    with staged(folder, catalogue=False) as running:
        yield running
    clear(running.suite, folder)


@pytest.fixture
def suite(stage):
    return stage.suite


@pytest.fixture
async def anyone(suite):
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=suite.url("gateway"), timeout=30, headers=headers) as http:
        yield PatientVisitor(suite.urls(), http)


@pytest.fixture
async def citizen(anyone):
    return await anyone.sign_in(samples.CITIZENS["first"])


@pytest.fixture
async def operator(stage):
    """A bus connection with the operator's rights."""
    client = await stage.operator()
    yield client
    await client.close()
