"""A decision that is late is told as its time is over, and every seven days until it is made."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from kit.clock import clock
from kit.cloudevents import compose
from kit.contracts.events import CalendarChanged, Granted, Overdue, Withdrawn
from kit.contracts.journey import Outcome
from kit.duework import DueWorkLoop
from services.review import commands, duework
from services.review.domain import Delay
from services.review.models import Act, Case
from tests.bundles import OTHER_AGENCY, document_bundle, licence_bundle
from tests.review.conftest import LARGE, REASONS, RECEIVED, SMALL, filed, queued
from tests.review.test_api import code, post

pytestmark = [pytest.mark.req("R4", part="told every seven days"), pytest.mark.req("D5", part="a delay is told")]

DUE = date(2026, 12, 2)
"""30 calendar days after the receipt, a Wednesday."""


@pytest.fixture
async def late(review):
    """A case that waits for an officer, and a function that looks at its clock so many days after it was due."""
    with clock.freeze(RECEIVED):
        journey, case = await queued(review)
        (row,) = await review.rows(select(Case.due_at).where(Case.id == case))

        async def told(days: float = 0.0) -> list[int]:
            with clock.freeze(row["due_at"] + timedelta(days=days)):
                await DueWorkLoop(review.kit, duework.WORK).run_some()
                await review.until(lambda: at_rest(review))
            return [each.data.count for each in await review.facts(Overdue) if each.data.case == case]

        yield journey, case, told


async def planned(review) -> list:
    return await review.rows(text("SELECT key, due_at FROM due_work WHERE kind = 'overdue' ORDER BY id"))


async def at_rest(review) -> bool:
    """Nothing is due, and nobody is at it."""
    due = await review.rows(
        text("SELECT id FROM due_work WHERE kind IN ('overdue', 'watch') AND due_at <= :now FOR UPDATE SKIP LOCKED")
        .bindparams(now=clock.now())
    )  # fmt: skip
    held = await review.rows(text("SELECT count(*) AS n FROM due_work WHERE kind IN ('overdue', 'watch')"))
    free = await review.rows(text("SELECT id FROM due_work WHERE kind IN ('overdue', 'watch') FOR UPDATE SKIP LOCKED"))
    return not due and len(free) == held[0]["n"]


@pytest.mark.parametrize(
    ("days", "count"), [(-0.01, 0), (0, 1), (6.9, 1), (7, 2), (70, 11)], ids=["in time", "due", "6 days", "7", "70"]
)
def test_notices_are_counted_from_the_end_of_the_time(days, count):
    delay = Delay(RECEIVED, 7)
    assert delay.count(RECEIVED + timedelta(days=days)) == count
    assert delay.at(count + 1) > RECEIVED + timedelta(days=days)


async def test_a_delay_is_told_as_the_time_is_over_and_every_seven_days(review, late):
    journey, case, told = late
    assert await told(-0.01) == []
    assert await told() == [1]
    assert await told(6.9) == [1]
    assert await told(7) == [1, 2]
    fact = (await review.facts(Overdue))[0]
    assert (fact.journeyid, fact.step, fact.data.due_on) == (journey, "review", DUE)
    query = select(Act.act, Act.detail).where(Act.case_id == case).order_by(Act.id)
    assert [tuple(row.values()) for row in await review.rows(query)][1:] == [("overdue", "1"), ("overdue", "2")]


async def test_after_an_outage_of_seventy_days_one_notice_is_told_with_its_number(review, late):
    _, case, told = late
    assert await told(70) == [11]
    (row,) = await planned(review)
    with clock.freeze(row["due_at"] - timedelta(days=7)):  # whoever died before the row was put off looks again
        async with review.kit.database.transaction() as session:
            assert await commands.tell_overdue(session, case) == row["due_at"]
    assert await told(70) == [11]
    assert await told(77) == [11, 12]


@pytest.mark.parametrize("ends", ["grant", "withdrawal"])
async def test_nothing_is_late_any_more_when_the_clock_has_stopped(review, late, ends):
    journey, _, told = late
    assert await told() == [1]
    fact, at, outcome = {
        "grant": (Granted, "approval", Outcome.PASSED), "withdrawal": (Withdrawn, "request", Outcome.WITHDRAWN),
    }[ends]  # fmt: skip
    await review.deliver(review.handover(fact, at=at, journey=journey, outcome=outcome))
    assert await planned(review) == []
    assert await told(7) == [1]


async def test_while_the_approver_decides_the_clock_runs_on(review, late):
    _, case, told = late
    await post(review, case, "claim")
    assert (await post(review, case, "recommendation", json={"result": "grant"})).status_code == 200
    assert await told() == [1]


async def test_where_the_reviewer_decides_the_decision_ends_it(review):
    review.publish(document_bundle(identifier="test-certificate"))
    event = filed(review, SMALL)
    _, case = await queued(review)
    await review.deliver(event)
    assert [row["key"] for row in await planned(review)] == [str(case)]
    await post(review, case, "claim")
    assert (await post(review, case, "refusal", json=REASONS)).status_code == 200
    assert await planned(review) == []


async def test_a_proclaimed_day_moves_what_is_told(review):
    """A Saturday that is worked brings what would have ended after the weekend forward, a holiday puts it off."""
    with clock.freeze(RECEIVED + timedelta(days=3)):
        await queued(review, received=RECEIVED + timedelta(days=3))
        for is_workday in (True, False):
            await review.deliver(compose(CalendarChanged(day=date(2026, 12, 5), is_workday=is_workday)))
            await review.until(lambda: at_rest(review))
            (case,), (row,) = await review.rows(select(Case.due_at)), await planned(review)
            assert row["due_at"] <= case["due_at"], "who looks too early looks again"
    with clock.freeze(row["due_at"]):
        await DueWorkLoop(review.kit, duework.WORK).run_some()
        await review.until(lambda: at_rest(review))
    assert await review.facts(Overdue) == []
    (row,) = await planned(review)
    assert row["due_at"] == case["due_at"]


async def test_clocks_that_another_release_started_are_watched_every_day(review, late):
    _, case, told = late
    async with review.kit.database.transaction() as session:
        await commands.clocks.forget(session, case)
    assert await planned(review) == []
    (row,) = await review.rows(select(Case.due_at).where(Case.id == case))
    with clock.freeze(row["due_at"] + timedelta(days=8)):
        for _ in range(2):
            await duework.watch_all(review.kit, "all", {})
        assert [each["due_at"] for each in await planned(review)] == [clock.now() + timedelta(hours=1)], (
            "by then delivery knows what is told, too"
        )
    assert await told(8.1) == [2]
    assert duework.WORK[commands.WATCH].every == timedelta(days=1), "one may run beside this one, or come back"


async def test_how_often_is_the_definitions_to_say(review):
    bundle = licence_bundle(identifier="test-patient")
    late = bundle.definition.periods.late.model_copy(update={"every_days": 3})
    periods = bundle.definition.periods.model_copy(update={"late": late})
    review.publish(bundle.model_copy(update={"definition": bundle.definition.model_copy(update={"periods": periods})}))
    event = filed(review, LARGE)
    await review.deliver(event)
    (case,) = await review.rows(select(Case))
    delay = Case(**case).delay
    assert delay.at(3) - delay.at(1) == timedelta(days=6)


async def test_an_officer_says_why_and_delivery_may_ask(review, late):
    journey, case, _ = late
    for role, reason in (("reviewer", "รอผลตรวจ"), ("approver", "รอผู้มีอำนาจ")):
        headers = review.officer(role)
        answer = await review.client.post(f"/cases/{case}/delay", json={"reason": f" {reason} "}, headers=headers)
        assert answer.status_code == 200, answer.text
    asked = {"json": {"ids": [str(case)]}, "headers": review.as_service("delivery")}
    claim = (await review.client.post("/internal/claims/delays", **asked)).json()["items"][str(case)]
    assert (claim["is_running"], claim["count"], claim["reason"]) == (True, 0, "รอผู้มีอำนาจ")
    view = await review.client.get(f"/cases/{case}", headers=review.officer("reviewer"))
    assert (view.json()["clock"]["delay_reason"], view.json()["acts"][-1]["act"]) == ("รอผู้มีอำนาจ", "delay-explained")

    assert code(await post(review, case, "delay", json={"reason": "x"}, agency=OTHER_AGENCY)) == (404, "case-not-found")
    for wrong in ("", " ", "\x01", "x" * 2_001):
        assert (await post(review, case, "delay", json={"reason": wrong})).status_code == 422
    await review.deliver(review.handover(Granted, at="approval", journey=journey))
    assert code(await post(review, case, "delay", json={"reason": "x"})) == (409, "clock-stopped")
    claim = (await review.client.post("/internal/claims/delays", **asked)).json()["items"][str(case)]
    assert claim["is_running"] is False
