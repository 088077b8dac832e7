"""An erasure is answered once, whoever asks again and whatever goes wrong meanwhile."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import MetaData, select

from kit.claims import ERASURE, Known
from kit.cloudevents import compose
from kit.contracts.claims import ErasureClaim
from kit.contracts.events import ErasureRequested, PaymentErasureAnswered
from kit.database import DUE_WORK
from kit.erasing import ERASE, ERASURES, answering, erasure_table
from kit.testing import open_harness
from tests.kit.test_retention import DEFAULTS

pytestmark = pytest.mark.req("Y4", part="an erasure is answered once")
TABLE = erasure_table(MetaData())


@pytest.fixture
async def toy(servers, tmp_path):
    async with open_harness("review", servers, tmp_path, package="tests.kit.toy", role="api") as harness:
        async with harness.kit.database.aside.begin() as connection:
            await connection.run_sync(TABLE.create)
        harness.kit.settings = DEFAULTS
        yield harness


class Desk:
    """Answers erasures, and keeps for whom it was asked."""

    def __init__(self):
        self.asked, self.fault = [], None
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def answer(self, session, settings, erasure, person):
        self.asked.append((erasure, person))
        assert settings is DEFAULTS
        await self.going_on.wait()
        if self.fault:
            raise self.fault
        return PaymentErasureAnswered(erasure=erasure, records=())


async def answered(toy):
    return [each.data.erasure for each in await toy.facts(PaymentErasureAnswered)]


async def noted(toy):
    return [row["id"] for row in await toy.rows(select(TABLE))]


async def test_an_erasure_that_is_heard_twice_is_planned_once_and_nothing_is_answered_yet(toy):
    erasure, person = uuid4(), uuid4()
    (consumer,) = ERASURES
    known = Known({ERASURE: ErasureClaim(erasure=erasure, person=person, requested_at="2026-11-29T00:00:00Z")})
    for _ in range(2):
        async with toy.kit.database.transaction() as session:
            await consumer.function(session, compose(ErasureRequested(erasure=erasure)), known)
    (row,) = await toy.rows(select(DUE_WORK.c.key, DUE_WORK.c.payload).where(DUE_WORK.c.kind == ERASE))
    # Payment and issuance of the releases before plan and do the same.
    assert row == {"key": str(erasure), "payload": {"person": str(person)}}
    assert await answered(toy) == await noted(toy) == []


async def test_it_is_answered_once_though_it_is_done_again_and_beside(toy):
    erasure, person, desk = uuid4(), uuid4(), Desk()
    work, told = answering(desk.answer), {"person": str(person)}
    desk.going_on.clear()
    doing = [asyncio.create_task(work.one(toy.kit, str(erasure), told)) for _ in range(2)]
    await asyncio.sleep(0.2)
    desk.going_on.set()
    await asyncio.gather(*doing)
    await work.one(toy.kit, str(erasure), told)
    assert desk.asked == [(erasure, person)]
    assert await answered(toy) == await noted(toy) == [erasure]


async def test_an_answer_that_failed_is_given_when_it_is_tried_again(toy):
    erasure, desk = uuid4(), Desk()
    work, told, desk.fault = answering(desk.answer), {"person": str(uuid4())}, LookupError("a row nobody thought of")
    with pytest.raises(LookupError):
        await work.one(toy.kit, str(erasure), told)
    assert await answered(toy) == await noted(toy) == []
    desk.fault = None
    await work.one(toy.kit, str(erasure), told)
    assert await answered(toy) == await noted(toy) == [erasure]
