"""The gateway on real servers; the services answer as a test says, or are real HTTP servers of the test."""

import pytest

from kit.contracts.journey import Process
from kit.testing import open_harness
from tests.bundles import AGENCY

CHECK = "/internal/definitions/check"


@pytest.fixture
async def gateway(servers, tmp_path):
    async with open_harness("gateway", servers, tmp_path, heartbeat_seconds=0.3, resume_seconds=0.5) as harness:
        for process in Process:
            harness.peers.answer(process, "POST", CHECK, {"faults": []})
        harness.peers.answer("request", "POST", "/internal/journeys", {})
        yield harness


@pytest.fixture
def publisher(gateway):
    return gateway.officer("publisher", agency=AGENCY)


@pytest.fixture
def publish(gateway, publisher):
    async def publish(bundle, headers=None):
        body = bundle if isinstance(bundle, dict) else bundle.model_dump(mode="json", exclude_unset=True)
        return await gateway.client.post("/v1/definitions", json=body, headers=headers or publisher)

    return publish
