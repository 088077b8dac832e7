"""Commands called directly, where time or the order of acts matters."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from kit.auth import Principal
from kit.clock import clock
from services.review import commands
from services.review.domain import Result
from services.review.domain.cases import CaseNotClaimed
from services.review.models import Act, Case
from tests.bundles import AGENCY
from tests.review.conftest import REASONS, RECEIVED, queued

LEASE = timedelta(hours=4)


def officer() -> Principal:
    return Principal("officer", str(uuid4()), frozenset({"reviewer"}), AGENCY)


async def test_officer_whose_lease_ran_out_cannot_end_the_review(review):
    _, case = await queued(review)
    somsri = officer()
    with clock.freeze(RECEIVED) as advance:
        async with review.kit.database.transaction() as session:
            await commands.claim(session, case, somsri, LEASE)
        advance(LEASE)
        with pytest.raises(CaseNotClaimed):
            async with review.kit.database.transaction() as session:
                await commands.recommend(session, case, somsri, Result.GRANT, REASONS)


async def test_case_whose_lease_ran_out_is_taken_over_before_the_loop_has_seen_it(review):
    _, case = await queued(review)
    somsri, somchai = officer(), officer()
    long_ago = clock.now() - 2 * LEASE
    with clock.freeze(long_ago):
        async with review.kit.database.transaction() as session:
            await commands.claim(session, case, somsri, 100 * LEASE)
    with clock.freeze(long_ago + 100 * LEASE):
        async with review.kit.database.transaction() as session:
            taken = await commands.claim(session, case, somchai, LEASE)
    assert str(taken.holder) == somchai.subject
    acts = [act["act"] for act in await review.rows(select(Act).where(Act.case_id == case).order_by(Act.id))]
    assert acts == ["opened", "claimed", "lease-ended", "claimed"]


async def test_late_work_does_not_end_a_lease_that_still_runs(review):
    _, case = await queued(review)
    async with review.kit.database.transaction() as session:
        await commands.claim(session, case, officer(), LEASE)
    async with review.kit.database.transaction() as session:
        await commands.release_lapsed(session, case)
        await commands.release_lapsed(session, uuid4())
    (row,) = await review.rows(select(Case))
    assert row["state"] == "claimed"


async def test_failed_act_leaves_nothing_behind(review):
    _, case = await queued(review)

    async def claim_and_fail():
        async with review.kit.database.transaction() as session:
            await commands.claim(session, case, officer(), LEASE)
            raise RuntimeError("afterwards")

    with pytest.raises(RuntimeError, match="afterwards"):
        await claim_and_fail()
    (row,) = await review.rows(select(Case))
    assert row["state"] == "waiting"
    assert len(await review.rows(select(Act))) == 1
