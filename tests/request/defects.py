"""What the tests of corrections look at: answers, rows, the claim, and what is due."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sql

from kit.clock import clock
from kit.duework import DueWorkLoop
from services.request import duework
from services.request.models import Correction

TUESDAY = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)  # 10.15 in Thailand
LAST = datetime(2026, 12, 1, 16, 59, 59, 999999, tzinfo=UTC)  # of seven days: the end of that day in Thailand
SATURDAY = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def said(answer):
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


def faults(answer):
    assert answer.status_code == 422, answer.text
    return {(each["pointer"], each["code"]) for each in answer.json()["errors"]}


async def end_of_time(desk):
    """Look at what is due now, and wait until nobody is at it."""

    async def is_at_rest():
        due = sql.text("SELECT id FROM due_work WHERE due_at <= :now").bindparams(now=clock.now())
        return not await desk.harness.rows(due)

    await DueWorkLoop(desk.harness.kit, duework.WORK).run_some()
    await desk.harness.until(is_at_rest)


async def kept(desk, journey: UUID):
    query = sql.select(Correction).where(Correction.journey_id == journey).order_by(Correction.recorded_at)
    return await desk.harness.rows(query)


async def claimed(desk, *journeys: UUID):
    body, by = {"ids": [str(each) for each in journeys]}, desk.harness.as_service("review")
    answer = await desk.client.post("/internal/claims/corrections", json=body, headers=by)
    return answer.json()["items"]
