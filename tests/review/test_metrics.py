"""The figures of review: open cases by state, and those past their legal deadline."""

from datetime import timedelta
from uuid import uuid4

import pytest

from kit.auth import Principal
from kit.clock import clock
from services.review import commands
from tests.bundles import AGENCY, licence_bundle
from tests.figures import shows
from tests.review.conftest import queued


@pytest.mark.req("O4", part="metrics for every queue and deadline")
async def test_cases_are_counted_by_state_and_lateness(harness_of):
    async with harness_of("review", metrics_seconds=0.1) as review:
        review.publish(licence_bundle())
        await shows(review, "paet_cases", 0, state="waiting")
        now = clock.now()
        await queued(review, received=now)
        await queued(review, received=now)
        _, late = await queued(review, received=now - timedelta(days=200))
        officer = Principal("officer", str(uuid4()), frozenset({"reviewer"}), AGENCY)
        async with review.kit.database.transaction() as session:
            await commands.claim(session, late, officer, timedelta(hours=1))
        await shows(review, "paet_cases", 1, state="claimed")
        await shows(review, "paet_cases", 2, state="waiting")
        await shows(review, "paet_cases_overdue", 1)
