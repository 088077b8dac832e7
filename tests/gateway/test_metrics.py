"""The gateway's figure: journeys begun and not ended."""

from uuid import UUID, uuid4

import pytest

from kit.contracts.events import Completed, Opened
from kit.contracts.journey import Outcome
from tests.bundles import information_bundle
from tests.figures import shows


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setenv("PAET_METRICS_SECONDS", "0.1")


@pytest.mark.req("O4", part="metrics for every queue and deadline")
async def test_open_journeys_are_counted(gateway, publish):
    assert (await publish(information_bundle())).status_code == 201
    gateway.bundle = information_bundle()
    await shows(gateway, "paet_journeys_open", 0)
    begun = []
    for _ in range(3):
        headers = {"Idempotency-Key": str(uuid4())}
        answer = await gateway.client.post("/v1/journeys", json={"definition": "test-information"}, headers=headers)
        begun.append(UUID(answer.json()["id"]))
    await gateway.deliver(*(gateway.event(Opened(), journey=journey) for journey in begun))
    await shows(gateway, "paet_journeys_open", 3)
    await gateway.deliver(gateway.event(Completed(outcome=Outcome.PASSED), step="delivery", journey=begun[0]))
    await shows(gateway, "paet_journeys_open", 2)
