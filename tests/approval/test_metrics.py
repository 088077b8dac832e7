"""The figure of approval: decisions that wait for an approver."""

import pytest

from tests.approval.conftest import ENCRYPTION_KEY, REASONS, waiting
from tests.bundles import licence_bundle
from tests.figures import shows


@pytest.mark.req("O4", part="metrics for every queue and deadline")
async def test_waiting_decisions_are_counted(harness_of):
    async with harness_of("approval", metrics_seconds=0.1, officer_key_encryption_key=ENCRYPTION_KEY) as approval:
        approval.publish(licence_bundle())
        await shows(approval, "paet_decisions_waiting", 0)
        await waiting(approval)
        _, decision = await waiting(approval)
        await shows(approval, "paet_decisions_waiting", 2)
        approver = approval.officer("approver")
        answer = await approval.client.post(f"/decisions/{decision}/refusal", json=REASONS, headers=approver)
        assert answer.is_success, answer.text
        await shows(approval, "paet_decisions_waiting", 1)
